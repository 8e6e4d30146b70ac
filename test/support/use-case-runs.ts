import type { Action, BehaviorRun, CardField } from '../../contract/index.ts';

/** The five use cases as runs, with the ids, texts and answers of the announcement's acceptance table. */
export interface UseCase {
  readonly name: string;
  readonly run: BehaviorRun;
  readonly expected: readonly {
    readonly referenceId: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

/** Reference ids as the tables name them: A1, A2, … */
export function refId(number: number): string {
  const digit = String(number);
  return `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;
}

const label = {
  title: ['900001101', 'title', 'short_text'],
  description: ['900001102', 'description', 'long_text'],
  affectedSystem: ['900001103', 'affected_system', 'short_text'],
} as const;

function field(
  [id, name, type]: readonly [string, string, string],
  value?: unknown,
  options?: readonly string[],
): CardField {
  return {
    id,
    label: name,
    type,
    ...(value === undefined ? {} : { value }),
    ...(options === undefined ? {} : { options }),
  };
}

function fill(number: number, name: string, pipeId: string, fieldIds: readonly string[]): Action {
  const fieldsAttributes = fieldIds.map((fieldId) => ({ fieldId, inputMode: 'fill_with_ai', value: '' }));
  return {
    referenceId: refId(number),
    actionType: 'update_card',
    name,
    metadata: { pipeId, destinationPhaseId: '', fieldsAttributes },
  };
}

function move(number: number, name: string, destinationPhaseId: string): Action {
  return { referenceId: refId(number), actionType: 'move_card', name, metadata: { destinationPhaseId } };
}

function act(number: number): string {
  return `%{action:${refId(number)}}`;
}

interface Parts {
  readonly pipe: string;
  readonly behavior: string;
  readonly instruction: string;
  readonly title: string;
  readonly fields: readonly CardField[];
  readonly actions: readonly Action[];
  readonly knowledge?: BehaviorRun['behavior']['knowledge'];
}

export function runOf({
  pipe,
  behavior,
  instruction,
  title,
  fields,
  actions,
  knowledge = [],
}: Parts): BehaviorRun {
  return {
    version: 1,
    org: '300500700',
    pipe,
    engineTaskQueue: 'pipe-engine',
    event: { id: `evt-${behavior}`, type: 'card_created', at: '2026-11-24T10:00:00Z' },
    behavior: {
      id: behavior,
      name: behavior,
      answer: 'plan',
      agentInstruction: 'You help the people who work in this pipe.',
      dataClass: null,
      instruction,
      knowledge,
      capabilities: [],
      actions,
    },
    card: {
      id: '1',
      title,
      system: { created_at: '2026-11-24T10:00:00Z', current_phase: 'Intake', due_date: '2026-11-30' },
      fields,
    },
  };
}

function triage(title: string, description: string, system: string): BehaviorRun {
  return runOf({
    pipe: '900001000',
    behavior: 'b-triage',
    instruction: `Classify the incident from %{field:900001101}, %{field:900001102} and %{field:900001103}. Hardware = 24 h, Access = 8 h, Software = 4 h. Set needs_rca to Yes only if several users or a production system are affected. Then ${act(1)}. If needs_rca is Yes, ${act(2)}, else ${act(3)}.`,
    title,
    fields: [
      field(label.title, title),
      field(label.description, description),
      field(label.affectedSystem, system),
      field(['900001104', 'incident_type', 'select'], undefined, ['Hardware', 'Access', 'Software']),
      field(['900001105', 'sla_hours', 'number']),
      field(['900001106', 'needs_rca', 'select'], undefined, ['Yes', 'No']),
    ],
    actions: [
      fill(1, 'Fill triage fields', '900001000', ['900001104', '900001105', '900001106']),
      move(2, 'To root cause analysis', '900001012'),
      move(3, 'To triage', '900001011'),
    ],
  });
}

const outage = 'Checkout API returns 502 since the 14:00 deploy';

const rootCause = runOf({
  pipe: '900001000',
  behavior: 'b-rca',
  instruction: `Using %{field:900001101}, %{field:900001102}, %{field:900001103} and the runbook knowledge, write the most probable cause and the steps to resolve. ${act(4)}`,
  title: outage,
  fields: [
    field(label.title, outage),
    field(label.description, 'All customers see an error page when they pay.'),
    field(label.affectedSystem, 'checkout-api'),
    field(['900001107', 'diagnosis', 'long_text']),
    field(['900001108', 'resolution_path', 'long_text']),
    field(['900001109', 'confidence', 'select'], undefined, ['Low', 'Medium', 'High']),
  ],
  knowledge: [
    {
      name: 'Runbook',
      text: 'Errors that begin with a deploy: Roll back the deploy. Compare the error rate before and after.',
    },
  ],
  actions: [fill(4, 'Write the analysis', '900001000', ['900001107', '900001108', '900001109'])],
});

function extraction(text: string): BehaviorRun {
  return runOf({
    pipe: '900002000',
    behavior: 'b-extract',
    instruction: `Extract supplier, amount, category and cost center from %{field:900002101} and the attachment. Amount is a number without currency. ${act(1)} then ${act(2)}.`,
    title: 'Laptops',
    fields: [field(['900002101', 'requisition_text', 'long_text'], text), ...purchaseFields()],
    actions: [
      fill(1, 'Fill the request', '900002000', ['900002103', '900002104', '900002105', '900002106']),
      move(2, 'To the compliance check', '900002011'),
    ],
  });
}

function purchaseFields(values: readonly unknown[] = []): readonly CardField[] {
  const [supplier, amount, category, costCenter] = values;
  return [
    field(['900002103', 'supplier', 'short_text'], supplier),
    field(['900002104', 'amount', 'number'], amount),
    field(['900002105', 'category', 'select'], category, ['IT', 'Facilities', 'Marketing', 'Services']),
    field(['900002106', 'cost_center', 'short_text'], costCenter),
  ];
}

const purchasingPolicy = {
  name: 'Purchasing policy',
  text: 'Three quotes over 10,000. Blocked suppliers: Acme Shady Ltd, Fly-by-Night Inc. IT needs a cost center starting with 4.',
};

function compliance(text: string, amount: number): BehaviorRun {
  return runOf({
    pipe: '900002000',
    behavior: 'b-policy',
    instruction: `Check %{field:900002103}, %{field:900002104}, %{field:900002105}, %{field:900002106} and %{field:900002101} against the Purchasing policy. State the rule that decides. ${act(3)}. If Compliant ${act(4)}, else ${act(5)}.`,
    title: 'Laptops',
    fields: [
      field(['900002101', 'requisition_text', 'long_text'], text),
      ...purchaseFields(['Northwind Traders Ltd', amount, 'IT', '4310']),
      field(['900002107', 'compliance', 'select'], undefined, ['Compliant', 'Non-compliant', 'Needs review']),
      field(['900002108', 'compliance_reason', 'long_text']),
    ],
    knowledge: [purchasingPolicy],
    actions: [
      fill(3, 'Write the verdict', '900002000', ['900002107', '900002108']),
      move(4, 'To approval', '900002012'),
      move(5, 'To rejected', '900002013'),
    ],
  });
}

const admissionFields = (values: readonly unknown[] = []): readonly CardField[] => [
  field(['900003102', 'full_name', 'short_text'], values[0]),
  field(['900003103', 'role', 'select'], values[1], ['Engineer', 'Sales', 'Support']),
  field(['900003104', 'department', 'select'], values[2], ['Product', 'Revenue', 'Operations']),
  field(['900003105', 'start_date', 'date'], values[3]),
];

const admission = runOf({
  pipe: '900003000',
  behavior: 'b-admission',
  instruction: `Read %{field:900003101} and fill name, role, department and start date. ${act(1)}`,
  title: 'Ana Souza',
  fields: [
    field(['900003101', 'form_text', 'long_text'], 'Ana Souza joins as Engineer in Product on 2026-03-02'),
    ...admissionFields(),
  ],
  actions: [
    fill(1, 'Fill admission data', '900003000', ['900003102', '900003103', '900003104', '900003105']),
  ],
});

export const checklist = runOf({
  pipe: '900003000',
  behavior: 'b-checklist',
  instruction: `Write a checklist of 5 to 8 lines for a new %{field:900003103} in %{field:900003104} starting on %{field:900003105}. ${act(2)}`,
  title: 'Ana Souza',
  fields: [
    ...admissionFields(['Ana Souza', 'Engineer', 'Product', '2026-03-02']),
    field(['900003106', 'checklist', 'long_text']),
  ],
  actions: [fill(2, 'Write the checklist', '900003000', ['900003106'])],
});

export function policyQuestion(question: string): BehaviorRun {
  return runOf({
    pipe: '900003000',
    behavior: 'b-question',
    instruction: `Answer %{field:900003107} only from the policy. If the policy does not say, answer "Please ask HR". ${act(3)}`,
    title: 'Ana Souza',
    fields: [
      field(['900003107', 'question', 'long_text'], question),
      field(['900003108', 'answer', 'long_text']),
    ],
    knowledge: [{ name: 'HR policy', text: 'Vacation 25 days, remote 2 days a week.' }],
    actions: [fill(3, 'Answer', '900003000', ['900003108'])],
  });
}

function support(message: string, tier: string): Pick<Parts, 'pipe' | 'title' | 'fields'> {
  return {
    pipe: '900004000',
    title: message,
    fields: [
      field(['900004101', 'subject', 'short_text'], message),
      field(['900004102', 'message', 'long_text'], message),
      field(['900004103', 'customer_tier', 'select'], tier, ['Free', 'Pro', 'Enterprise']),
      field(['900004104', 'type', 'select'], undefined, ['Billing', 'Bug', 'How-to', 'Complaint']),
      field(['900004105', 'urgency', 'select'], undefined, ['Low', 'Normal', 'High']),
      field(['900004106', 'complexity', 'select'], undefined, ['Simple', 'Complex']),
      field(['900004107', 'reply', 'long_text']),
    ],
  };
}

function routing(message: string, tier: string): BehaviorRun {
  return runOf({
    ...support(message, tier),
    behavior: 'b-classify',
    instruction: `Set type, urgency and complexity from %{field:900004101}, %{field:900004102} and %{field:900004103}. Complex means the answer needs the customer's history or a decision. ${act(1)}. If Simple ${act(2)}, else ${act(3)}.`,
    actions: [
      fill(1, 'Classify', '900004000', ['900004104', '900004105', '900004106']),
      move(2, 'To auto resolution', '900004011'),
      move(3, 'To contextual reply', '900004012'),
    ],
  });
}

const reset = runOf({
  ...support('How do I reset my password?', 'Free'),
  behavior: 'b-resolve',
  instruction: `If %{field:900004102} asks to reset a password, send the template and close the card. ${act(4)} ${act(5)}`,
  actions: [
    {
      referenceId: refId(4),
      actionType: 'send_email_template',
      name: 'Send reset template',
      metadata: { emailTemplateId: 'tmpl-reset' },
    },
    move(5, 'Close', '900004013'),
  ],
});

export const draftReply = runOf({
  ...support('Second outage this week, we want compensation', 'Enterprise'),
  behavior: 'b-reply',
  instruction: `Draft a reply to %{field:900004102} in the tone for %{field:900004103}; do not promise refunds. ${act(6)}`,
  actions: [fill(6, 'Write the reply', '900004000', ['900004107'])],
});

const risk = runOf({
  pipe: '900005000',
  behavior: 'b-risk',
  instruction: `Rate the credit risk of the account %{field:900005101} from %{field:900005102} as Low, Medium or High and explain in two sentences. ${act(1)}`,
  title: 'Account review',
  fields: [
    field(['900005101', 'iban', 'short_text'], 'DE00 0000 0000 0000 0000 00'),
    field(
      ['900005102', 'statement_text', 'long_text'],
      'Two returned payments in March. The balance has been positive since then.',
    ),
    field(['900005103', 'risk_rating', 'select'], undefined, ['Low', 'Medium', 'High']),
    field(['900005104', 'risk_note', 'long_text']),
  ],
  actions: [fill(1, 'Write the rating', '900005000', ['900005103', '900005104'])],
});

const office = runOf({
  pipe: '900005500',
  behavior: 'b-office',
  instruction: `Choose the category of %{field:900005601}. ${act(2)}`,
  title: 'Door',
  fields: [
    field(['900005601', 'request_text', 'long_text'], 'The meeting room door does not close'),
    field(['900005602', 'category', 'select'], undefined, ['Supplies', 'Repairs', 'Travel']),
  ],
  actions: [fill(2, 'Fill the category', '900005500', ['900005602'])],
});

const order =
  'Please order 12 laptops from Northwind Traders Ltd, total EUR 14,280.00, for the IT team, cost center 4310.';
const smallOrder = order.replace('12 laptops', '2 laptops').replace('14,280.00', '2,400.00');

function call(number: number, fields: Readonly<Record<string, unknown>> = {}): UseCase['expected'][number] {
  return { referenceId: refId(number), fields };
}

export const useCases: readonly UseCase[] = [
  {
    name: 'UC1 card 1, a laptop keyboard with dead keys',
    run: triage(
      'Laptop keyboard has dead keys',
      'The keys E and R do nothing. Only my laptop.',
      'user laptop',
    ),
    expected: [call(1, { '900001104': 'Hardware', '900001105': 24, '900001106': 'No' }), call(3)],
  },
  {
    name: 'UC1 card 2, a checkout that returns 502',
    run: triage(outage, 'All customers see an error page when they pay.', 'checkout-api'),
    expected: [call(1, { '900001104': 'Software', '900001105': 4, '900001106': 'Yes' }), call(2)],
  },
  {
    name: 'UC1 card 2, its root cause',
    run: rootCause,
    expected: [
      call(4, {
        '900001107': `The 14:00 deploy of checkout-api is the most probable cause: ${outage}.`,
        '900001108': '1. Roll back the deploy. 2. Compare the error rate before and after.',
        '900001109': 'High',
      }),
    ],
  },
  {
    name: 'UC2, extraction from a requisition',
    run: extraction(order),
    expected: [
      call(1, {
        '900002103': 'Northwind Traders Ltd',
        '900002104': 14280,
        '900002105': 'IT',
        '900002106': '4310',
      }),
      call(2),
    ],
  },
  {
    name: 'UC2, a purchase over 10,000 with one quote',
    run: compliance(order, 14280),
    expected: [
      call(3, {
        '900002107': 'Non-compliant',
        '900002108': 'Over 10,000 needs three quotes; one given',
      }),
      call(5),
    ],
  },
  {
    name: 'UC2, a purchase of 2,400',
    run: compliance(smallOrder, 2400),
    expected: [
      call(3, {
        '900002107': 'Compliant',
        '900002108': 'No rule of the Purchasing policy stands against it',
      }),
      call(4),
    ],
  },
  {
    name: 'UC3, admission data',
    run: admission,
    expected: [
      call(1, {
        '900003102': 'Ana Souza',
        '900003103': 'Engineer',
        '900003104': 'Product',
        '900003105': '2026-03-02',
      }),
    ],
  },
  {
    name: 'UC3, a question that the policy answers',
    run: policyQuestion('How many remote days may I take?'),
    expected: [call(3, { '900003108': 'The policy says: remote 2 days a week.' })],
  },
  {
    name: 'UC3, a question that the policy does not answer',
    run: policyQuestion('May I bring my dog?'),
    expected: [call(3, { '900003108': 'Please ask HR' })],
  },
  {
    name: 'UC4 card 1, a password to reset',
    run: routing('How do I reset my password?', 'Free'),
    expected: [call(1, { '900004104': 'How-to', '900004105': 'Low', '900004106': 'Simple' }), call(2)],
  },
  { name: 'UC4 card 1, resolved by a template', run: reset, expected: [call(4), call(5)] },
  {
    name: 'UC4 card 2, a second outage',
    run: routing('Second outage this week, we want compensation', 'Enterprise'),
    expected: [call(1, { '900004104': 'Complaint', '900004105': 'High', '900004106': 'Complex' }), call(3)],
  },
  {
    name: 'UC5, the risk of an account',
    run: risk,
    expected: [
      call(1, {
        '900005103': 'Medium',
        '900005104': 'Two returned payments in March. Balance positive since.',
      }),
    ],
  },
  {
    name: 'UC5, a door that does not close',
    run: office,
    expected: [call(2, { '900005602': 'Repairs' })],
  },
];
