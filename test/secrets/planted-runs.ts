import { randomUUID } from 'node:crypto';
import type { BehaviorRun } from '../../contract/index.ts';
import type { PipeDefinition } from '../../sandbox/engine/pipe-definition.ts';
import type { SandboxVendors, StatusFault } from '../../testing/index.ts';
import type { PlantedTexts } from './planted.ts';

/** Named after the Behavior, its model, its provider and its route at the stand-in vendors. */
export const runNames = [
  'text',
  'plan',
  'failing-action',
  'not-yet-done',
  'quoted-in-400',
  'quoted-in-401',
  'quoted-in-500',
  'quoted-in-a-success',
  'invalid-answer',
] as const;
export type RunName = (typeof runNames)[number];

/** Its call never ends: for a worker that dies meanwhile. */
export const unfinishedCall = 'unfinished-call';

const org = 'acme';
const noteField = { id: '900001101', label: 'note', type: 'long_text' };
const [inbox, closed] = ['900001010', '900001020'] as const;
const actions = [
  {
    referenceId: 'fill',
    actionType: 'update_card' as const,
    name: 'Write the note',
    metadata: {
      pipeId: '900001000',
      fieldsAttributes: [{ fieldId: noteField.id, inputMode: 'fill_with_ai', value: '' }],
    },
  },
  {
    referenceId: 'move',
    actionType: 'move_card' as const,
    name: 'Move it',
    metadata: { destinationPhaseId: closed },
  },
];

/** No card may be moved there from the inbox: an action that fails for good. */
const nowhere = '900001030';

export const pipe: PipeDefinition = {
  org,
  id: '900001000',
  name: 'Requests',
  phases: [
    { id: inbox, name: 'Inbox' },
    { id: closed, name: 'Closed', done: true },
    { id: nowhere, name: 'Archive', done: true },
  ],
  moves: { [inbox]: [closed] },
  fields: [noteField],
  agents: [],
};

/** Each run has a provider of its own, so that each has a vendor that does to it what its name says. */
export function registryText(): string {
  const names = [...runNames, unfinishedCall];
  const provider = (name: string) =>
    `${name}: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/${name}/v1' }, credential: { apiKey: '\${env:VENDOR_KEY}' } }`;
  const model = (name: string) =>
    `${name}: { provider: ${name}, upstreamId: ${name}, supports: { streaming: false } }`;
  return `version: 1
organizations:
  ${org}:
    policy: { onFailure: none, budget: { backoffMs: 20, backoffMaxMs: 50 } }
    providers:
      ${names.map(provider).join('\n      ')}
    models:
      ${names.map(model).join('\n      ')}
    assignments:
      '${pipe.id}': { ${names.map((name) => `${name}: ${name}`).join(', ')} }
`;
}

/** Lets the vendors answer with what was planted, and quote in their errors what they were sent. */
export function scriptVendors(vendors: SandboxVendors, { apiKey, prompt, answer }: PlantedTexts): void {
  const quoted = `Key ${apiKey} may not ask: ${Object.values(prompt).join(' ')}`;
  const error = { error: { message: quoted, type: 'invalid_request_error', code: quoted, param: quoted } };
  const html = `<html><title>${quoted}</title><body>Bearer ${apiKey}</body></html>`;
  const plan = JSON.stringify({
    actionCalls: [
      { referenceId: 'fill', fields: { [noteField.id]: answer.field } },
      { referenceId: 'move', fields: {} },
    ],
    summary: answer.summary,
  });
  const answers: Readonly<Record<RunName | typeof unfinishedCall, Omit<StatusFault, 'kind'> | null>> = {
    text: { status: 200, body: completion(answer.text) },
    plan: { status: 200, body: completion(plan) },
    'failing-action': { status: 200, body: completion(plan) },
    'not-yet-done': { status: 200, body: completion(plan) },
    'quoted-in-400': { status: 400, body: error, headers: { 'x-request-id': encodeURIComponent(apiKey) } },
    'quoted-in-401': { status: 401, body: error },
    'quoted-in-500': { status: 500, body: html, headers: { 'content-type': 'text/html' } },
    'quoted-in-a-success': { status: 200, body: error },
    'invalid-answer': { status: 200, body: completion(`no JSON: ${answer.invalid}`) },
    [unfinishedCall]: null,
  };
  for (const [route, status] of Object.entries(answers))
    vendors.fault(route, status === null ? { kind: 'silence' } : { kind: 'status', ...status });
}

/** Chat Completions, in one piece. */
function completion(content: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'planted',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
  };
}

/** A run with something planted in every part that a model is told. */
export function plantedRun(
  name: RunName | typeof unfinishedCall,
  { prompt }: PlantedTexts,
  { card, engineTaskQueue }: { readonly card: string; readonly engineTaskQueue: string },
): BehaviorRun {
  const answer = ['plan', 'failing-action', 'not-yet-done', 'invalid-answer'].includes(name)
    ? 'plan'
    : 'text';
  const offered = actions.map((action) =>
    name === 'failing-action' && action.referenceId === 'move'
      ? { ...action, metadata: { destinationPhaseId: nowhere } }
      : action,
  );
  return {
    version: 1,
    org,
    pipe: pipe.id,
    // Nobody listens there: what the model answered waits, sealed, for an action that is not yet done.
    engineTaskQueue: name === 'not-yet-done' ? `nobody-${engineTaskQueue}` : engineTaskQueue,
    event: { id: randomUUID(), type: 'card_created' },
    behavior: {
      id: name,
      name: `Behavior ${name}`,
      answer,
      agentInstruction: prompt.agent,
      instruction: `${prompt.instruction} %{field:${noteField.id}}`,
      dataClass: null,
      knowledge: [{ name: 'Policy', text: prompt.knowledge }],
      onActionFailure: 'compensate',
      actions: answer === 'plan' ? offered : [],
    },
    card: { id: card, title: prompt.title, fields: [{ ...noteField, value: prompt.field }] },
    attachments: [{ name: 'offer.pdf', mediaType: 'application/pdf', pages: 1, text: prompt.attachment }],
    notify: true,
  };
}

export function cardOf({ prompt }: PlantedTexts) {
  return {
    title: prompt.title,
    fields: { [noteField.id]: prompt.field },
    attachments: [{ name: 'offer.pdf', mediaType: 'application/pdf', pages: 1, text: prompt.attachment }],
  };
}
