import { acme, defineBehavior, fillFields, type UseCase } from './use-case.ts';

const finance = '900005000';
const office = '900005500';
const actions = {
  rate: '50000001-0000-4000-8000-000000000001',
  categorize: '50000002-0000-4000-8000-000000000002',
};

const rateRisk = defineBehavior({
  id: 'b-rate-risk',
  name: 'Rate risk',
  on: { eventId: 'card_created' },
  instruction:
    'Rate the credit risk of the account %{field:900005101} from %{field:900005102} as Low, Medium or High ' +
    `and explain in two sentences. %{action:${actions.rate}}`,
  actions: [fillFields(actions.rate, 'Write the rating', finance, ['900005103', '900005104'])],
});

const categorize = defineBehavior({
  id: 'b-categorize',
  name: 'Categorize',
  on: { eventId: 'card_created' },
  instruction: `Choose the category of %{field:900005601}. %{action:${actions.categorize}}`,
  actions: [fillFields(actions.categorize, 'Set the category', office, ['900005602'])],
});

/** Financial data stays with the approved provider, everything else uses the organization's default. */
export const governance: UseCase = {
  name: 'Governance by approved provider',
  pipes: [
    {
      org: acme,
      id: finance,
      name: 'Finance requests',
      phases: [{ id: '900005010', name: 'Requests' }],
      moves: {},
      fields: [
        { id: '900005101', label: 'iban', type: 'short_text' },
        { id: '900005102', label: 'statement text', type: 'long_text' },
        { id: '900005103', label: 'risk rating', type: 'select', options: ['Low', 'Medium', 'High'] },
        { id: '900005104', label: 'risk note', type: 'long_text' },
      ],
      agents: [
        {
          id: 'a-finance',
          name: 'Finance agent',
          instruction: 'You rate credit risk for the finance team. Be factual.',
          dataSourceIds: [],
          behaviors: [rateRisk],
        },
      ],
    },
    {
      org: acme,
      id: office,
      name: 'Office operations',
      phases: [{ id: '900005510', name: 'Requests' }],
      moves: {},
      fields: [
        { id: '900005601', label: 'request text', type: 'long_text' },
        { id: '900005602', label: 'category', type: 'select', options: ['Supplies', 'Repairs', 'Travel'] },
      ],
      agents: [
        {
          id: 'a-office',
          name: 'Office agent',
          instruction: 'You sort the requests that reach the office team.',
          dataSourceIds: [],
          behaviors: [categorize],
        },
      ],
    },
  ],
  cards: [
    {
      name: 'a bank statement is rated by the approved provider alone',
      pipe: finance,
      title: 'Credit line',
      fields: {
        '900005101': 'DE00 0000 0000 0000 0000 00',
        '900005102': 'Two returned payments in March. Balance positive since.',
      },
      expected: {
        phase: '900005010',
        fields: {
          '900005103': 'Medium',
          '900005104': { contains: 'returned payments' },
        },
        runs: [{ behavior: 'b-rate-risk', layer: 'behavior', model: 'legal' }],
        emails: [],
      },
    },
    {
      name: 'an office request uses the default',
      pipe: office,
      title: 'Door',
      fields: { '900005601': 'The meeting room door does not close' },
      expected: {
        phase: '900005510',
        fields: { '900005602': 'Repairs' },
        runs: [{ behavior: 'b-categorize', layer: 'organization', model: 'flash' }],
        emails: [],
      },
    },
  ],
};
