import { acme, defineBehavior, fillFields, type UseCase } from './use-case.ts';

const pipe = '900003000';
const phases = { admission: '900003010', preparation: '900003011', firstWeek: '900003012' };
const actions = {
  extract: '30000001-0000-4000-8000-000000000001',
  list: '30000002-0000-4000-8000-000000000002',
  answer: '30000003-0000-4000-8000-000000000003',
};

const extractAdmission = defineBehavior({
  id: 'b-admission',
  name: 'Extract admission data',
  on: { eventId: 'card_created' },
  instruction:
    'Read %{field:900003101} and fill name, role, department and start date. ' +
    `%{action:${actions.extract}}`,
  actions: [
    fillFields(actions.extract, 'Fill admission data', pipe, [
      '900003102',
      '900003103',
      '900003104',
      '900003105',
    ]),
  ],
});

const buildChecklist = defineBehavior({
  id: 'b-checklist',
  name: 'Build checklist',
  on: { eventId: 'field_updated', eventParams: { triggerFieldIds: ['900003103'] } },
  instruction:
    'Write a checklist of 5 to 8 lines for a new %{field:900003103} in %{field:900003104} ' +
    `starting on %{field:900003105}. %{action:${actions.list}}`,
  actions: [fillFields(actions.list, 'Write the checklist', pipe, ['900003106'])],
});

const answerQuestion = defineBehavior({
  id: 'b-policy-question',
  name: 'Answer policy question',
  on: { eventId: 'field_updated', eventParams: { triggerFieldIds: ['900003107'] } },
  instruction:
    'Answer %{field:900003107} only from the policy. If the policy does not say, answer "Please ask HR". ' +
    `%{action:${actions.answer}}`,
  knowledge: ['hr-policy'],
  actions: [fillFields(actions.answer, 'Write the answer', pipe, ['900003108'])],
});

/** One agent, three Behaviors, three models; only the one that answers from the policy is given it. */
export const onboarding: UseCase = {
  name: 'Onboarding with three Behaviors',
  pipes: [
    {
      org: acme,
      id: pipe,
      name: 'HR onboarding',
      phases: [
        { id: phases.admission, name: 'Admission' },
        { id: phases.preparation, name: 'Preparation' },
        { id: phases.firstWeek, name: 'First week', done: true },
      ],
      moves: { [phases.admission]: [phases.preparation], [phases.preparation]: [phases.firstWeek] },
      fields: [
        { id: '900003101', label: 'form text', type: 'long_text' },
        { id: '900003102', label: 'full name', type: 'short_text' },
        { id: '900003103', label: 'role', type: 'select', options: ['Engineer', 'Sales', 'Support'] },
        {
          id: '900003104',
          label: 'department',
          type: 'select',
          options: ['Product', 'Revenue', 'Operations'],
        },
        { id: '900003105', label: 'start date', type: 'date' },
        { id: '900003106', label: 'checklist', type: 'long_text' },
        { id: '900003107', label: 'question', type: 'long_text' },
        { id: '900003108', label: 'answer', type: 'long_text' },
      ],
      knowledge: [
        {
          id: 'hr-policy',
          name: 'HR policy',
          text: 'Everybody has 25 days of vacation a year. Remote work is possible on 2 days a week.',
        },
      ],
      agents: [
        {
          id: 'a-onboarding',
          name: 'Onboarding agent',
          instruction: 'You help a new colleague to arrive well. Be friendly and concrete.',
          dataSourceIds: [],
          behaviors: [extractAdmission, buildChecklist, answerQuestion],
        },
      ],
    },
  ],
  cards: [
    {
      name: 'a new engineer gets a checklist, and an answer from the policy',
      pipe,
      title: 'Ana Souza',
      fields: { '900003101': 'Ana Souza joins as Engineer in Product on 2026-03-02' },
      edit: { '900003107': 'How many remote days may I take?' },
      expected: {
        phase: phases.admission,
        fields: {
          '900003102': 'Ana Souza',
          '900003103': 'Engineer',
          '900003104': 'Product',
          '900003105': '2026-03-02',
          '900003106': { linesMin: 5 },
          '900003108': { contains: '2' },
        },
        runs: [
          { behavior: 'b-admission', layer: 'behavior', model: 'light' },
          { behavior: 'b-checklist', layer: 'behavior', model: 'grok' },
          { behavior: 'b-policy-question', layer: 'behavior', model: 'reasoning' },
        ],
        emails: [],
      },
    },
  ],
};
