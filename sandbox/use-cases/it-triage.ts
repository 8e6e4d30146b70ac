import { acme, defineBehavior, fillFields, moveTo, type UseCase } from './use-case.ts';

const pipe = '900001000';
const phases = { intake: '900001010', triage: '900001011', rca: '900001012', resolved: '900001013' };
const actions = {
  fill: '11111111-1111-4111-8111-111111111111',
  toRca: '22222222-2222-4222-8222-222222222222',
  toTriage: '33333333-3333-4333-8333-333333333333',
  diagnose: '44444444-4444-4444-8444-444444444444',
};

const classify = defineBehavior({
  id: 'b-classify',
  name: 'Classify and set SLA',
  on: { eventId: 'card_created' },
  instruction:
    'Classify the incident from %{field:900001101}, %{field:900001102} and %{field:900001103}. ' +
    'Hardware = 24 h, Access = 8 h, Software = 4 h. ' +
    'Set needs_rca to Yes only if several users or a production system are affected. ' +
    `Then %{action:${actions.fill}}. ` +
    `If needs_rca is Yes, %{action:${actions.toRca}}, else %{action:${actions.toTriage}}.`,
  actions: [
    fillFields(actions.fill, 'Fill triage fields', pipe, ['900001104', '900001105', '900001106']),
    moveTo(actions.toRca, 'To root cause analysis', phases.rca),
    moveTo(actions.toTriage, 'To triage', phases.triage),
  ],
});

const findRootCause = defineBehavior({
  id: 'b-root-cause',
  name: 'Root cause analysis',
  on: { eventId: 'card_moved', eventParams: { to_phase_id: phases.rca } },
  condition: {
    expressions: [{ structure_id: 0, field_address: '900001106', operation: 'equals', value: 'Yes' }],
    expressions_structure: [[0]],
  },
  instruction:
    'Using %{field:900001101}, %{field:900001102}, %{field:900001103} and the runbook, ' +
    `write the most probable cause and the steps to resolve. %{action:${actions.diagnose}}`,
  knowledge: ['runbook'],
  actions: [
    fillFields(actions.diagnose, 'Write the diagnosis', pipe, ['900001107', '900001108', '900001109']),
  ],
});

/** One card that a light model sorts, and one whose cause a stronger model then looks for. */
export const itTriage: UseCase = {
  name: 'IT ticket triage and root cause',
  pipes: [
    {
      org: acme,
      id: pipe,
      name: 'IT Service Desk',
      phases: [
        { id: phases.intake, name: 'Intake' },
        { id: phases.triage, name: 'Triage' },
        { id: phases.rca, name: 'Root cause analysis' },
        { id: phases.resolved, name: 'Resolved', done: true },
      ],
      moves: {
        [phases.intake]: [phases.triage, phases.rca],
        [phases.triage]: [phases.rca, phases.resolved],
        [phases.rca]: [phases.resolved],
      },
      fields: [
        { id: '900001101', label: 'title', type: 'short_text' },
        { id: '900001102', label: 'description', type: 'long_text' },
        { id: '900001103', label: 'affected system', type: 'short_text' },
        {
          id: '900001104',
          label: 'incident type',
          type: 'select',
          options: ['Hardware', 'Access', 'Software'],
        },
        { id: '900001105', label: 'sla hours', type: 'number' },
        { id: '900001106', label: 'needs rca', type: 'select', options: ['Yes', 'No'] },
        { id: '900001107', label: 'diagnosis', type: 'long_text' },
        { id: '900001108', label: 'resolution path', type: 'long_text' },
        { id: '900001109', label: 'confidence', type: 'select', options: ['Low', 'Medium', 'High'] },
      ],
      knowledge: [
        {
          id: 'runbook',
          name: 'Runbook',
          text:
            'When an API answers with errors after a deploy, roll back the deploy first. ' +
            'Then compare the error rate before and after the rollback. ' +
            'Tell the owners of the affected system what was found.',
        },
      ],
      agents: [
        {
          id: 'a-service-desk',
          name: 'Service desk agent',
          instruction: 'You work on the tickets of an IT service desk. Be brief and precise.',
          dataSourceIds: [],
          behaviors: [classify, findRootCause],
        },
      ],
    },
  ],
  cards: [
    {
      name: 'a broken laptop is sorted and goes to triage',
      pipe,
      title: 'Laptop keyboard has dead keys',
      fields: {
        '900001101': 'Laptop keyboard has dead keys',
        '900001102': 'Three keys of my laptop do not react since this morning.',
        '900001103': 'laptop',
      },
      expected: {
        phase: phases.triage,
        fields: { '900001104': 'Hardware', '900001105': 24, '900001106': 'No' },
        runs: [{ behavior: 'b-classify', layer: 'behavior', model: 'light' }],
        emails: [],
      },
    },
    {
      name: 'an outage goes to root cause analysis, which another model writes',
      pipe,
      title: 'Checkout API returns 502 since the 14:00 deploy',
      fields: {
        '900001101': 'Checkout API returns 502 since the 14:00 deploy',
        '900001102': 'Since the 14:00 deploy the checkout API returns 502 to many customers in production.',
        '900001103': 'checkout-api',
      },
      expected: {
        phase: phases.rca,
        fields: {
          '900001104': 'Software',
          '900001105': 4,
          '900001106': 'Yes',
          '900001107': { contains: '14:00 deploy' },
          '900001108': { contains: 'oll back' },
          '900001109': { oneOf: ['Medium', 'High'] },
        },
        runs: [
          { behavior: 'b-classify', layer: 'behavior', model: 'light' },
          { behavior: 'b-root-cause', layer: 'behavior', model: 'reasoning' },
        ],
        emails: [],
      },
    },
  ],
};
