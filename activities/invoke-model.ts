import { activityInfo } from '@temporalio/activity';
import { Failure, answeredDraft } from '../contract/index.ts';
import type { Activities, FailureFacts, InvokeRequest, ModelReply, VendorReply } from '../contract/index.ts';
import type { CallToBegin, HopStanding, OpenCall, RunIdentity } from '../registry/index.ts';
import { askUntilValid } from './asking/ask.ts';
import type { Called } from './asking/ask.ts';
import { checkOwnInputs, readAnswer } from './asking/read-answer.ts';
import type { Dependencies } from './dependencies.ts';
import { whileBeating } from './heartbeat.ts';
import { identify } from './identify.ts';
import { ledgeredCall } from './ledgered-call.ts';
import type { LedgeredCall } from './ledgered-call.ts';
import { countAttempt, countFallback } from './metrics.ts';
import { HopRefused, toFailure } from './to-failure.ts';

/** Calls one candidate and brings back a valid answer, or throws one typed failure. */
export function createInvokeModel(deps: Dependencies): Activities['invokeModel'] {
  return async (request) => {
    const seen: Seen = { facts: { calls: 0, usage: null }, standing: null };
    const { attempt } = activityInfo();
    try {
      const identity = identify(deps.runKeys, request, request.run);
      checkOwnInputs(request.run); // Before the ledger is told of a call that cannot be made.
      return await deps.slots.within(identity.org, attempt, () =>
        whileBeating((signal) => invokeModel(deps, request, identity, signal, seen)),
      );
    } catch (error) {
      const failure = toFailure(error, { ...seen, attempt });
      countAttempt(request.candidate, failure);
      throw failure;
    }
  };
}

/** What is known when the activity fails. */
interface Seen {
  facts: FailureFacts;
  standing: HopStanding | null;
}

async function invokeModel(
  deps: Dependencies,
  request: InvokeRequest,
  identity: RunIdentity,
  signal: AbortSignal,
  seen: Seen,
): Promise<ModelReply> {
  let begunAtMs = 0;
  const begin = async (purpose: CallToBegin['purpose'], resume: boolean) => {
    begunAtMs = performance.now();
    const begun = await deps.registry.begin({ ...callToBegin(request, identity), purpose, resume });
    if (begun.kind === 'open') seen.standing = standingOf(request, begun);
    return begun;
  };
  const first = await begin('answer', true);
  if (first.kind === 'answered') return storedReply(deps, request, identity, first);

  let opened: OpenCall | null = permitted(first);
  const { supports, repairOf } = opened;
  let last: LedgeredCall | null = null;
  const asked = await askUntilValid(
    request.run,
    supports.structuredOutput,
    async (ask) => {
      const open = opened ?? permitted(await begin(ask.purpose, false));
      opened = null;
      seen.facts = { ...seen.facts, calls: seen.facts.calls + 1 };
      const draftWith = (called: Called) => draftOf(request, called.reply);
      last = await ledgeredCall(deps, open, ask, {
        identity,
        model: request.candidate.model,
        signal,
        begunAtMs,
        draftWith,
      });
      return last;
    },
    repairOf,
  );
  const { outcome = null, unsettled = null } = (last as LedgeredCall | null) ?? {};
  countAttempt(request.candidate, null);
  countFallback(request.candidate);
  const { answer, calls, usage } = asked;
  const facts = { calls, usage, candidate: request.candidate, unsettled };
  return outcome === null ? { ...facts, answer, outcome: null } : { ...facts, answer: null, outcome };
}

type Begun = Awaited<ReturnType<Dependencies['registry']['begin']>>;

function permitted(begun: Begun): OpenCall {
  switch (begun.kind) {
    case 'open':
      return begun;
    case 'refused':
      throw new HopRefused(begun.refusal);
    case 'exhausted':
      throw new Failure('budget.exhausted', 'The calls of this round are used up.');
    case 'answered':
      throw new Failure('worker.lost', 'Another worker has answered meanwhile.');
  }
}

/** An earlier try was paid for and its answer kept: nobody is called again. */
async function storedReply(
  { registry, creditsOf }: Dependencies,
  request: InvokeRequest,
  identity: RunIdentity,
  { candidate, reply, ended }: Extract<Begun, { readonly kind: 'answered' }>,
): Promise<ModelReply> {
  const facts = { calls: 0, usage: reply.usage, candidate, unsettled: null };
  const draft = ended ?? draftOf({ ...request, candidate }, reply);
  if (draft !== null) {
    const credits = await creditsOf(identity, draft);
    const outcome = await registry.recordOutcome({ ...identity, draft, unsettled: [], credits });
    return { ...facts, answer: null, outcome };
  }
  const answer = readAnswer(request.run, reply);
  if ('complaint' in answer) throw new Failure('model.invalid-answer', 'The stored answer is invalid.');
  return { ...facts, answer, outcome: null };
}

function draftOf({ draft, candidate, hop, askedAtMs }: InvokeRequest, { text, finish }: VendorReply) {
  const durationMs = Math.max(0, Date.now() - askedAtMs);
  return draft && answeredDraft(draft, { candidate, hop, durationMs, text, truncated: finish === 'length' });
}

function callToBegin(request: InvokeRequest, identity: RunIdentity): Omit<CallToBegin, 'purpose' | 'resume'> {
  const { hop, candidate, tried, roundMs, order } = request;
  return { ...identity, hop, candidate, tried, roundMs, order, attempt: activityInfo().attempt };
}

function standingOf(
  { candidate, roundMs }: InvokeRequest,
  { counts, ceiling, budget, hopMs }: OpenCall,
): HopStanding {
  const beganMs = roundMs + hopMs;
  return { model: candidate.model, counts, ceiling, budget, hopMs, roundMs: beganMs, random: Math.random() };
}
