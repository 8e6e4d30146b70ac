import { activityInfo } from '@temporalio/activity';
import { Failure } from '../contract/index.ts';
import type { Activities, InvokeRequest, ModelReply } from '../contract/index.ts';
import type { RunIdentity } from '../registry/index.ts';
import { askUntilValid } from './asking/ask.ts';
import { checkOwnInputs, readAnswer } from './asking/read-answer.ts';
import type { Dependencies } from './dependencies.ts';
import { draftOf } from './draft-of.ts';
import { whileBeating } from './heartbeat.ts';
import { createHopCalls } from './hop-calls.ts';
import type { Seen, StoredAnswer } from './hop-calls.ts';
import { identify } from './identify.ts';
import type { LedgeredCall } from './ledgered-call.ts';
import { countAttempt, countFallback } from './metrics.ts';
import { toFailure } from './to-failure.ts';

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

async function invokeModel(
  deps: Dependencies,
  request: InvokeRequest,
  identity: RunIdentity,
  signal: AbortSignal,
  seen: Seen,
): Promise<ModelReply> {
  const calls = createHopCalls(deps, request, identity, signal, seen);
  const first = await calls.first();
  if (first.kind === 'answered') return storedReply(deps, request, identity, first);

  const { supports, repairOf } = first;
  let last: LedgeredCall | null = null;
  const asked = await askUntilValid(
    request.run,
    supports.structuredOutput,
    async (ask) => (last = await calls.make(ask)),
    repairOf,
  );
  const { outcome = null, unsettled = null } = (last as LedgeredCall | null) ?? {};
  countAttempt(request.candidate, null);
  countFallback(request.candidate);
  const { answer, usage } = asked;
  const facts = { calls: seen.facts.calls, usage, candidate: request.candidate, unsettled };
  return outcome === null ? { ...facts, answer, outcome: null } : { ...facts, answer: null, outcome };
}

/** An earlier try was paid for and its answer kept: nobody is called again. */
async function storedReply(
  { registry, creditsOf }: Dependencies,
  request: InvokeRequest,
  identity: RunIdentity,
  { candidate, reply, ended }: StoredAnswer,
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
