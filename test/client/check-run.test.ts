import { checkRun } from '../../client/index.ts';
import { aRun } from '../support/memory-world.ts';

/** A run with one path set to a value, written as text so that each row reads like the fault. */
function runWith(path: string, value: unknown): unknown {
  const run = structuredClone(full) as Record<string, unknown>;
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  const parent = parts.reduce<Record<string, unknown>>(
    (at, part) => at[part] as Record<string, unknown>,
    run,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return run;
}

const full = {
  ...aRun({
    instruction: 'Classify %{field:11} then %{action:a1}.',
    capabilities: [{ capabilityType: 'advanced_ocr', enabled: true }],
    onActionFailure: 'compensate',
    agentInstruction: 'You triage.',
    knowledge: [{ name: 'Policy', text: 'Three quotes.' }],
  }),
  event: {
    id: 'e',
    type: 'card_moved',
    at: '2026-11-24T10:00:00Z',
    origin: { workflowId: 'byom:x', depth: 3 },
  },
  agent: { id: 'a', name: 'Desk' },
  card: {
    id: '1',
    title: 'Dead keys',
    system: { created_at: '2026-11-24T10:00:00Z' },
    fields: [{ id: '11', label: 'title', type: 'short_text', value: 'Dead keys' }],
  },
  fields: [{ id: '12', label: 'supplier', type: 'short_text' }],
  attachments: [{ name: 'offer.pdf', mediaType: 'application/pdf', pages: 3, text: 'An offer.' }],
  notify: false,
};

test('a run with every optional part is taken as it is', () => {
  expect(checkRun(full)).toEqual(full);
});

const attachment = { name: 'a.pdf', mediaType: 'application/pdf', pages: 1, text: '' };
const update = (fieldsAttributes: unknown) => [
  { referenceId: 'a1', actionType: 'update_card', name: 'Fill', metadata: { pipeId: 'p', fieldsAttributes } },
];

test.each([
  ['version', 2, /^version: /],
  ['org', 'platform', /^org: "platform" is reserved/],
  ['org', 'a'.repeat(129), /^org: /],
  ['pipe', 'a\u0007', /^pipe: no control characters/],
  ['card.id', '\ud800', /^card\.id: /],
  ['surprise', 1, /surprise/],
  ['behavior.surprise', 1, /surprise/],
  ['behavior.instruction', '%{field:999}', /^behavior\.instruction: .*card\.fields/],
  ['behavior.instruction', '%{field:11.12}', /^behavior\.instruction: .*numeric internal id/],
  ['behavior.instruction', '%{field:title}', /^behavior\.instruction: .*numeric internal id/],
  ['behavior.instruction', '%{action:zzz}', /^behavior\.instruction: .*behavior\.actions/],
  ['behavior.actions.0.actionType', 'delete_card', /^behavior\.actions\[0\]\.actionType: /],
  ['behavior.actions.1.referenceId', 'a1', /^behavior\.actions\[1\]\.referenceId: used twice/],
  ['behavior.actions.0.metadata', {}, /^behavior\.actions\[0\]\.metadata\.destinationPhaseId: needed/],
  ['behavior.actions', [], /^behavior\.actions: a plan needs at least 1 action/],
  ['behavior.actions', update([]), /metadata\.fieldsAttributes: needed by update_card/],
  [
    'behavior.actions',
    update([{ fieldId: '11', inputMode: 'guess', value: '' }]),
    /inputMode: one of fill_with_ai/,
  ],
  [
    'behavior.actions',
    update([{ fieldId: '77', inputMode: 'fill_with_ai', value: '' }]),
    /fieldId: not on the card/,
  ],
  ['behavior.answer', 'text', /^behavior\.actions: a text answer/],
  ['behavior.dataClass', 'Very Secret', /^behavior\.dataClass: /],
  ['event.origin.depth', 11, /^event\.origin\.depth: /],
  ['event.at', 'yesterday', /^event\.at: /],
  ['event.id', 'x'.repeat(1_100), /^event\.id: too long/],
  ['event.id', '\udc00', /^event\.id: /],
])('%s is refused with its path: %#', (path, value, message) => {
  const run = runWith(path, value) as { behavior: { instruction: string } };
  if (path === 'behavior.actions') run.behavior.instruction = 'Do.';
  expect(() => checkRun(run)).toThrow(
    expect.objectContaining({ type: 'run.invalid', message: expect.stringMatching(message) }),
  );
});

test.each([
  ['31 attachments', runWith('attachments', Array(31).fill(attachment))],
  [
    '31 pages',
    runWith('attachments', [
      { ...attachment, pages: 15 },
      { ...attachment, pages: 16 },
    ]),
  ],
  ['more than 512 KiB', runWith('behavior.knowledge', [{ name: 'k', text: 'x'.repeat(512 * 1024) }])],
])('%s are too large, before anything is started', (_, run) => {
  expect(() => checkRun(run)).toThrow(expect.objectContaining({ type: 'run.too-large' }));
});

test.each([
  'pipe',
  'card.id',
  'event.at',
  'behavior.dataClass',
  'behavior.answer',
  'behavior.actions.0.actionType',
])('a value of %s that is refused does not enter the message', (path) => {
  const secret = 'DE00 0000 0000';
  expect(() => checkRun(runWith(path, `${secret}\u0007`))).toThrow(
    expect.objectContaining({ type: 'run.invalid', message: expect.not.stringContaining(secret) }),
  );
});
