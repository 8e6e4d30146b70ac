import {
  actionTypes,
  failures,
  messageNames,
  providerTestIdOf,
  providerTestType,
  reasons,
  searchAttributeNames,
  testAskedSignal,
  testStages,
} from '../../contract/index.ts';
import type {
  Abort,
  Accepted,
  ActionDone,
  ActionRequest,
  BehaviorRun,
  CompensateRequest,
  FailureFacts,
  InvokeRequest,
  ModelOrder,
  ModelReply,
  NextHop,
  OutcomeDraft,
  OutcomeRecord,
  ProviderTestRequest,
  ResolveRequest,
  RetryNow,
  RunEvent,
  RunOutcome,
  RunState,
  TestStage,
  TicketClaims,
  Usage,
} from '../../contract/index.ts';

/** One value of every type that crosses a wire. Its JSON is kept in `test/golden`: a change there breaks somebody. */
const usage: Usage = { inputTokens: 120, outputTokens: 30, cachedInputTokens: null, reasoningTokens: null };

const run: BehaviorRun = {
  version: 1,
  org: 'acme',
  pipe: '900001000',
  engineTaskQueue: 'pipe-engine',
  event: {
    id: 'evt-1',
    type: 'card_created',
    at: '2026-11-24T10:00:00Z',
    origin: { workflowId: 'byom:acme:b-0:evt-0', depth: 1 },
  },
  agent: { id: 'a-1', name: 'Service desk agent' },
  behavior: {
    id: 'b-triage',
    name: 'Classify and set SLA',
    answer: 'plan',
    agentInstruction: 'You triage tickets.',
    dataClass: null,
    instruction: 'Classify %{field:900001101}. Then %{action:r-1}.',
    knowledge: [{ name: 'Policy', text: 'Hardware takes 24 h.' }],
    capabilities: [{ capabilityType: 'advanced_ocr', enabled: true }],
    onActionFailure: 'keep',
    actions: [
      {
        referenceId: 'r-1',
        actionType: 'update_card',
        name: 'Fill triage fields',
        metadata: {
          pipeId: '900001000',
          fieldsAttributes: [{ fieldId: '900001104', inputMode: 'fill_with_ai', value: '' }],
        },
      },
    ],
  },
  card: {
    id: '1',
    title: 'Dead keys',
    system: { created_at: '2026-11-24T10:00:00Z', current_phase: 'Intake' },
    fields: [
      { id: '900001101', label: 'title', type: 'short_text', value: 'Laptop keyboard has dead keys' },
      {
        id: '900001104',
        label: 'incident type',
        type: 'select',
        options: ['Hardware', 'Access', 'Software'],
      },
    ],
  },
  fields: [{ id: '900009101', label: 'supplier', type: 'short_text' }],
  attachments: [{ name: 'offer.pdf', mediaType: 'application/pdf', pages: 3, text: 'An offer.' }],
  notify: false,
};

const ticket: TicketClaims = {
  keyId: '2026-11',
  org: 'acme',
  pipe: '900001000',
  behavior: 'b-triage',
  dataClass: null,
  workflowId: 'byom:acme:b-triage:evt-1',
  digest: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
};

const candidate = {
  layer: 'behavior',
  provider: 'openai-light',
  model: 'light',
  vendor: 'openai',
  reason: 'assigned',
} as const;
const considered = {
  requested: { layer: 'behavior', model: 'light' },
  skipped: [],
  actionDeadlineMs: 86_400_000,
} as const;
const call: Extract<NextHop, { next: 'call' }> = {
  ...considered,
  next: 'call',
  hop: 1,
  candidate,
  limits: {
    heartbeatMs: 30_000,
    tryMs: 1_800_000,
    withinMs: 1_800_000,
    backoffMs: 1_000,
    backoffMaxMs: 10_000,
  },
};

const draft: OutcomeDraft = {
  version: 1,
  status: 'completed',
  answeredBy: { layer: 'behavior', provider: 'openai-light', model: 'light', vendor: 'openai' },
  requested: { layer: 'behavior', model: 'light' },
  reason: 'assigned',
  failure: null,
  abort: null,
  hops: [
    {
      layer: 'behavior',
      provider: 'openai-light',
      model: 'light',
      outcome: 'answered',
      failure: null,
      calls: 1,
      durationMs: 800,
      usage,
    },
  ],
  skipped: [],
  actions: [
    { referenceId: 'r-1', actionType: 'update_card', status: 'done', fields: { '900001104': 'Hardware' } },
  ],
  summary: 'Classified as hardware.',
};
const outcome: RunOutcome = { ...draft, usage, cost: { amount: '0.000036', currency: 'USD' }, credits: null };

const hops: readonly NextHop[] = [
  call,
  { ...considered, next: 'wait', because: 'model.overloaded', delayMs: 1_000 },
  { ...considered, next: 'park', because: 'model.overloaded', delayMs: 60_000 },
  {
    ...considered,
    skipped: [{ layer: 'platform', model: 'platform/pipe-ai', reason: 'not-approved-for:financial' }],
    next: 'fail',
    because: 'policy.forbidden',
    lastModelFailure: 'model.overloaded',
  },
  { ...considered, next: 'ran', outcome },
];

const asked = {
  ticket: 'v1.e30.AAAA',
  claimed: { org: 'acme', pipe: '900001000', behavior: 'b-triage', dataClass: null },
  firstRunId: 'run-1',
  askedAtMs: 1_795_514_400_000,
  round: 0,
} as const;
const resolveRequest: ResolveRequest = {
  ...asked,
  hops: 1,
  tried: [{ hop: 1, model: 'light', failure: 'model.overloaded' }],
  refused: [],
  roundMs: 900,
  waited: { times: 0, totalMs: 0 },
  order: null,
};
const invokeRequest: InvokeRequest = {
  ...asked,
  run,
  hop: 1,
  candidate,
  tried: [],
  roundMs: 3,
  order: null,
  draft: null,
};
const modelReply: ModelReply = {
  answer: {
    kind: 'plan',
    actionCalls: [{ referenceId: 'r-1', fields: { '900001104': 'Hardware' } }],
    summary: 'Classified as hardware.',
  },
  outcome: null,
  calls: 1,
  usage,
  candidate,
  unsettled: null,
};
const failureFacts: FailureFacts = { calls: 3, usage: null };
const outcomeRecord: OutcomeRecord = { ...asked, draft, unsettled: [{ call: 1, usage }] };

const effect = {
  referenceId: 'r-1',
  actionType: 'update_card',
  status: 'unknown',
  fields: { '900001104': 'Hardware' },
  step: 0,
  idempotencyKey: 'byom:acme:b-triage:evt-1/r-1/1',
  undo: null,
} as const;
const state: RunState = {
  version: 1,
  phase: 'acting',
  round: 0,
  roundSinceMs: 1_795_514_400_000,
  hops: [{ ...draft.hops[0]!, hop: 1, round: 0, reason: 'assigned', vendor: 'openai' }],
  calling: null,
  requested: considered.requested,
  skipped: [],
  refused: [],
  parked: null,
  waited: { times: 0, totalMs: 0 },
  order: null,
  stale: false,
  answer: modelReply.answer,
  unsettled: [],
  effects: [effect],
  actionDeadlineMs: 86_400_000,
  ending: null,
  outcome: null,
};
const events: readonly RunEvent[] = [
  { type: 'asking' },
  { type: 'resolved', hop: call },
  { type: 'replied', reply: { ok: true, ...modelReply } },
  { type: 'replied', reply: { ok: false, failure: 'model.overloaded', ...failureFacts } },
  { type: 'woken' },
  { type: 'told-to-retry' },
  { type: 'told-to-use', order: { model: 'reasoning', by: 'ana' } },
  { type: 'registry-changed' },
  { type: 'acting', effect },
  { type: 'acted', effect: { ...effect, status: 'done' } },
  { type: 'ended', ending: { how: 'finished' } },
  { type: 'undoing' },
  { type: 'undone', effect: { ...effect, status: 'undone' } },
  { type: 'recorded', outcome },
];

const actionRequest: ActionRequest = {
  version: 1,
  org: 'acme',
  pipe: '900001000',
  card: '1',
  behavior: 'b-triage',
  workflowId: 'byom:acme:b-triage:evt-1',
  runId: 'run-1',
  requestedAt: '2026-11-24T10:00:01.000Z',
  action: run.behavior.actions[0]!,
  fields: { '900001104': 'Hardware' },
  idempotencyKey: 'byom:acme:b-triage:evt-1/r-1/1',
};
const actionDone: ActionDone = { status: 'done', detail: 'written', undo: { before: {} } };
const compensateRequest: CompensateRequest = { ...actionRequest, undo: { before: {} } };
const retryNow: RetryNow = { round: 1 };
const modelOrder: ModelOrder = { model: 'reasoning', by: 'ana' };
const abort: Abort = { reason: 'wrong card' };
const accepted: Accepted = { accepted: 'Stopping; what was done is being taken back.' };

const providerTestRequest: ProviderTestRequest = {
  org: 'acme',
  test: '00000000-0000-4000-8000-000000000000',
};

const stages: readonly TestStage[] = testStages.map((stage) => ({
  stage,
  status: stage === 'auth' ? 'failed' : 'skipped',
  ms: stage === 'auth' ? 12 : null,
  failure: stage === 'auth' ? 'model.unauthorized' : null,
}));

const providerTest = {
  workflowType: providerTestType,
  signal: testAskedSignal,
  workflowId: providerTestIdOf('acme', 'provider', 'openai-prod'),
  request: providerTestRequest,
  stages,
};

export const goldenValues: Readonly<Record<string, unknown>> = {
  'run.v1': run,
  'ticket.v1': ticket,
  'next-hop': hops,
  'outcome.v1': outcome,
  'state.v1': state,
  events,
  'failure-table': failures,
  reasons,
  names: { actionTypes, messageNames, searchAttributeNames },
  activities: { resolveRequest, invokeRequest, modelReply, failureFacts, outcomeRecord },
  engine: { actionRequest, actionDone, compensateRequest, behaviorFinished: { workflowId: 'w', outcome } },
  messages: { retryNow, modelOrder, abort, accepted },
  'provider-test': providerTest,
};
