import { acme, defineBehavior, fillFields, moveTo, type UseCase } from './use-case.ts';

const pipe = '900004000';
const phases = { inbox: '900004010', automatic: '900004011', contextual: '900004012', closed: '900004013' };
const actions = {
  classify: '40000001-0000-4000-8000-000000000001',
  toAutomatic: '40000002-0000-4000-8000-000000000002',
  toContextual: '40000003-0000-4000-8000-000000000003',
  send: '40000004-0000-4000-8000-000000000004',
  close: '40000005-0000-4000-8000-000000000005',
  reply: '40000006-0000-4000-8000-000000000006',
};
const resetTemplate = 'tmpl-reset';

const classify = defineBehavior({
  id: 'b-classify-message',
  name: 'Classify',
  on: { eventId: 'card_created' },
  instruction:
    'Set type, urgency and complexity from %{field:900004101}, %{field:900004102} and %{field:900004103}. ' +
    "Complex means the answer needs the customer's history or a decision. " +
    `%{action:${actions.classify}}. ` +
    `If complexity is Simple, %{action:${actions.toAutomatic}}, else %{action:${actions.toContextual}}.`,
  actions: [
    fillFields(actions.classify, 'Classify the message', pipe, ['900004104', '900004105', '900004106']),
    moveTo(actions.toAutomatic, 'To auto resolution', phases.automatic),
    moveTo(actions.toContextual, 'To contextual reply', phases.contextual),
  ],
});

const resolveSimple = defineBehavior({
  id: 'b-resolve-simple',
  name: 'Resolve simple',
  on: { eventId: 'card_moved', eventParams: { to_phase_id: phases.automatic } },
  instruction:
    'The message is %{field:900004102}. ' +
    'If message asks to reset a password, send the template and close the card. ' +
    `For this there are %{action:${actions.send}} and then %{action:${actions.close}}.`,
  actions: [
    {
      referenceId: actions.send,
      actionType: 'send_email_template',
      name: 'Send the template for a new password',
      metadata: { emailTemplateId: resetTemplate, allowTemplateModifications: false },
    },
    moveTo(actions.close, 'Close the card', phases.closed),
  ],
});

const draftReply = defineBehavior({
  id: 'b-draft-reply',
  name: 'Draft contextual reply',
  on: { eventId: 'card_moved', eventParams: { to_phase_id: phases.contextual } },
  instruction:
    'Draft a reply to %{field:900004102} in the tone for %{field:900004103}; do not promise refunds. ' +
    `%{action:${actions.reply}}`,
  actions: [fillFields(actions.reply, 'Write the reply', pipe, ['900004107'])],
});

/** A self-hosted model sorts; simple messages are answered by the default, complex ones by a stronger model. */
export const supportRouting: UseCase = {
  name: 'Support routing by complexity',
  pipes: [
    {
      org: acme,
      id: pipe,
      name: 'Customer success',
      phases: [
        { id: phases.inbox, name: 'Inbox' },
        { id: phases.automatic, name: 'Auto resolution' },
        { id: phases.contextual, name: 'Contextual reply' },
        { id: phases.closed, name: 'Closed', done: true },
      ],
      moves: {
        [phases.inbox]: [phases.automatic, phases.contextual],
        [phases.automatic]: [phases.contextual, phases.closed],
        [phases.contextual]: [phases.closed],
      },
      fields: [
        { id: '900004101', label: 'subject', type: 'short_text' },
        { id: '900004102', label: 'message', type: 'long_text' },
        { id: '900004103', label: 'customer tier', type: 'select', options: ['Free', 'Pro', 'Enterprise'] },
        {
          id: '900004104',
          label: 'type',
          type: 'select',
          options: ['Billing', 'Bug', 'How-to', 'Complaint'],
        },
        { id: '900004105', label: 'urgency', type: 'select', options: ['Low', 'Normal', 'High'] },
        { id: '900004106', label: 'complexity', type: 'select', options: ['Simple', 'Complex'] },
        { id: '900004107', label: 'reply', type: 'long_text' },
      ],
      agents: [
        {
          id: 'a-support',
          name: 'Support agent',
          instruction: 'You answer customers of a software company. Be polite and clear.',
          dataSourceIds: [],
          behaviors: [classify, resolveSimple, draftReply],
        },
      ],
    },
  ],
  cards: [
    {
      name: 'a forgotten password is resolved by the default model, with one e-mail',
      pipe,
      title: 'Password',
      fields: {
        '900004101': 'Password',
        '900004102': 'How do I reset my password?',
        '900004103': 'Free',
      },
      expected: {
        phase: phases.closed,
        fields: { '900004104': 'How-to', '900004105': 'Low', '900004106': 'Simple' },
        runs: [
          { behavior: 'b-classify-message', layer: 'behavior', model: 'local' },
          { behavior: 'b-resolve-simple', layer: 'organization', model: 'flash' },
        ],
        emails: [resetTemplate],
      },
    },
    {
      name: 'a complaint gets a drafted reply and no e-mail',
      pipe,
      title: 'Outage',
      fields: {
        '900004101': 'Outage',
        '900004102': 'Second outage this week, we want compensation',
        '900004103': 'Enterprise',
      },
      expected: {
        phase: phases.contextual,
        fields: {
          '900004104': 'Complaint',
          '900004105': 'High',
          '900004106': 'Complex',
          '900004107': { linesMin: 1 },
        },
        runs: [
          { behavior: 'b-classify-message', layer: 'behavior', model: 'local' },
          { behavior: 'b-draft-reply', layer: 'behavior', model: 'reasoning' },
        ],
        emails: [],
      },
    },
  ],
};
