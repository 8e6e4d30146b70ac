import { acme, defineBehavior, fillFields, moveTo, type UseCase, type UseCaseCard } from './use-case.ts';

const pipe = '900002000';
const phases = { request: '900002010', check: '900002011', approval: '900002012', rejected: '900002013' };
const actions = {
  extract: '20000001-0000-4000-8000-000000000001',
  toCheck: '20000002-0000-4000-8000-000000000002',
  judge: '20000003-0000-4000-8000-000000000003',
  approve: '20000004-0000-4000-8000-000000000004',
  reject: '20000005-0000-4000-8000-000000000005',
};

const extract = defineBehavior({
  id: 'b-extract',
  name: 'Extract',
  on: { eventId: 'card_created' },
  instruction:
    'Extract supplier, amount, category and cost center from %{field:900002101} and the attachment. ' +
    `Amount is a number without currency. %{action:${actions.extract}} then %{action:${actions.toCheck}}.`,
  capabilities: ['advanced_ocr'],
  actions: [
    fillFields(actions.extract, 'Fill the request', pipe, [
      '900002103',
      '900002104',
      '900002105',
      '900002106',
    ]),
    moveTo(actions.toCheck, 'To compliance check', phases.check),
  ],
});

const checkPolicy = defineBehavior({
  id: 'b-check-policy',
  name: 'Check policy',
  on: { eventId: 'card_moved', eventParams: { to_phase_id: phases.check } },
  condition: {
    expressions: [
      { structure_id: 0, field_address: '900002103', operation: 'present' },
      { structure_id: 1, field_address: '900002104', operation: 'present' },
    ],
    expressions_structure: [[0], [1]],
  },
  instruction:
    'Check %{field:900002103}, %{field:900002104}, %{field:900002105}, %{field:900002106} and ' +
    '%{field:900002101} against the Purchasing policy. State the rule that decides. ' +
    `%{action:${actions.judge}}. ` +
    `If compliance is Compliant, %{action:${actions.approve}}, else %{action:${actions.reject}}.`,
  knowledge: ['purchasing-policy'],
  capabilities: ['math_operations'],
  actions: [
    fillFields(actions.judge, 'Write the judgement', pipe, ['900002107', '900002108']),
    moveTo(actions.approve, 'To approval', phases.approval),
    moveTo(actions.reject, 'To rejected', phases.rejected),
  ],
});

const runs: UseCaseCard['expected']['runs'] = [
  { behavior: 'b-extract', layer: 'behavior', model: 'light' },
  { behavior: 'b-check-policy', layer: 'behavior', model: 'reasoning' },
];

function orderOf(amount: string): string {
  return (
    `Please order 12 laptops from Northwind Traders Ltd, total EUR ${amount}, ` +
    'for the IT team, cost center 4310.'
  );
}

const extracted = {
  '900002103': 'Northwind Traders Ltd',
  '900002105': 'IT',
  '900002106': '4310',
};

/** A requisition is read by a light model and judged against the policy by a stronger one. */
export const procurement: UseCase = {
  name: 'Procurement extraction and compliance',
  pipes: [
    {
      org: acme,
      id: pipe,
      name: 'Purchase requests',
      phases: [
        { id: phases.request, name: 'Request' },
        { id: phases.check, name: 'Compliance check' },
        { id: phases.approval, name: 'Approval' },
        { id: phases.rejected, name: 'Rejected', done: true },
      ],
      moves: {
        [phases.request]: [phases.check],
        [phases.check]: [phases.approval, phases.rejected],
        [phases.approval]: [phases.rejected],
      },
      fields: [
        { id: '900002101', label: 'requisition text', type: 'long_text' },
        { id: '900002102', label: 'attachment', type: 'attachment' },
        { id: '900002103', label: 'supplier', type: 'short_text' },
        { id: '900002104', label: 'amount', type: 'number' },
        {
          id: '900002105',
          label: 'category',
          type: 'select',
          options: ['IT', 'Facilities', 'Marketing', 'Services'],
        },
        { id: '900002106', label: 'cost center', type: 'short_text' },
        {
          id: '900002107',
          label: 'compliance',
          type: 'select',
          options: ['Compliant', 'Non-compliant', 'Needs review'],
        },
        { id: '900002108', label: 'compliance reason', type: 'long_text' },
      ],
      knowledge: [
        {
          id: 'purchasing-policy',
          name: 'Purchasing policy',
          text:
            'Orders over 10,000 need three quotes. ' +
            'Blocked suppliers: Fabrikam Surplus, Contoso Clearance. ' +
            'IT needs a cost center starting with 4.',
        },
      ],
      agents: [
        {
          id: 'a-purchasing',
          name: 'Purchasing agent',
          instruction: 'You prepare purchase requests for approval. Take facts only from what you are given.',
          dataSourceIds: [],
          behaviors: [extract, checkPolicy],
        },
      ],
    },
  ],
  cards: [
    {
      name: 'an order over the limit with one quote is not approved',
      pipe,
      title: '12 laptops',
      fields: { '900002101': orderOf('14,280.00') },
      attachments: [
        {
          name: 'offer.pdf',
          mediaType: 'application/pdf',
          pages: 1,
          text: 'Northwind Traders Ltd. Offer: 12 laptops, EUR 14,280.00.',
        },
      ],
      expected: {
        phase: phases.rejected,
        fields: {
          ...extracted,
          '900002104': 14_280,
          '900002107': { oneOf: ['Non-compliant', 'Needs review'] },
          '900002108': { contains: 'quotes' },
        },
        runs,
        emails: [],
      },
    },
    {
      name: 'a small order that keeps every rule is approved',
      pipe,
      title: '2 laptops',
      fields: { '900002101': orderOf('2,400.00') },
      expected: {
        phase: phases.approval,
        fields: { ...extracted, '900002104': 2_400, '900002107': 'Compliant' },
        runs,
        emails: [],
      },
    },
  ],
};
