import { activityInfo } from '@temporalio/activity';
import { Failure } from '../contract/index.ts';
import type { FailureFacts, InvokeRequest, VendorReply } from '../contract/index.ts';
import type { BegunCall, CallToBegin, HopStanding, OpenCall, RunIdentity } from '../registry/index.ts';
import type { Ask } from './asking/ask.ts';
import type { Dependencies } from './dependencies.ts';
import { draftOf } from './draft-of.ts';
import { ledgeredCall } from './ledgered-call.ts';
import type { LedgeredCall } from './ledgered-call.ts';
import { mayTryRetiring, tryRetiring } from './retiring-credential.ts';
import { HopRefused } from './to-failure.ts';

/** The calls of one model by one try of the activity: each is begun in the ledger before it is made. */
export interface HopCalls {
  /** Begins the first one, unless an earlier try's answer is found. Throws where it may not be made. */
  first(): Promise<OpenCall | StoredAnswer>;
  /** Makes the one that `first` began, later a new one. Throws where it may not be made or fails. */
  make(ask: Ask): Promise<LedgeredCall>;
}

export type StoredAnswer = Extract<BegunCall, { readonly kind: 'answered' }>;

/** What is known when the activity fails; kept up to date by its calls. */
export interface Seen {
  facts: FailureFacts;
  standing: HopStanding | null;
}

export function createHopCalls(
  deps: Dependencies,
  request: InvokeRequest,
  identity: RunIdentity,
  signal: AbortSignal,
  seen: Seen,
): HopCalls {
  let credential: CallToBegin['credential'] = 'active';
  let begunAtMs = 0;
  let opened: OpenCall | null = null;

  async function begin(purpose: CallToBegin['purpose'], resume: boolean): Promise<BegunCall> {
    begunAtMs = performance.now();
    const begun = await deps.registry.begin({
      ...callToBegin(request, identity),
      purpose,
      resume,
      credential,
    });
    if (begun.kind === 'open') seen.standing = standingOf(request, begun);
    return begun;
  }

  function carryOut(open: OpenCall, ask: Ask): Promise<LedgeredCall> {
    seen.facts = { ...seen.facts, calls: seen.facts.calls + 1 };
    const draftWith = ({ reply }: { readonly reply: VendorReply }) => draftOf(request, reply);
    const { model } = request.candidate;
    return ledgeredCall(deps, open, ask, { identity, model, signal, begunAtMs, draftWith });
  }

  return {
    async first() {
      const begun = await begin('answer', true);
      if (begun.kind === 'answered') return begun;
      opened = permitted(begun, 'answer');
      return opened;
    },
    async make(ask) {
      const open = opened ?? permitted(await begin(ask.purpose, false), ask.purpose);
      opened = null;
      try {
        return await carryOut(open, ask);
      } catch (error) {
        if (credential === 'retiring' || !mayTryRetiring(error, open)) throw error;
        credential = 'retiring'; // Also for a repair: the new one is refused a moment later as well.
        return tryRetiring(
          error,
          () => begin(ask.purpose, false),
          (again) => carryOut(again, ask),
        );
      }
    },
  };
}

function permitted(begun: BegunCall, purpose: CallToBegin['purpose']): OpenCall {
  switch (begun.kind) {
    case 'open':
      return begun;
    case 'refused':
      throw new HopRefused(begun.refusal);
    case 'exhausted':
      throw noCallLeft(purpose);
    case 'retired':
      throw new Failure(
        'model.unauthorized',
        'The credential was refused, and the one before it has retired.',
      );
    case 'answered':
      throw new Failure('worker.lost', 'Another worker has answered meanwhile.');
  }
}

/** Where the model has said something already its own failure, so that the call kept for a layer to come is made there. */
function noCallLeft(purpose: CallToBegin['purpose']): Failure {
  switch (purpose) {
    case 'answer':
      return new Failure('budget.exhausted', 'The calls of this round are used up.');
    case 'repair':
      return new Failure(
        'model.invalid-answer',
        'The answer does not fit, and no call is left for its repair.',
      );
    case 'mode':
      return new Failure('model.rejected', 'A mode was refused, and no call is left for the next one.');
  }
}

function callToBegin(
  { hop, candidate, tried, roundMs, order }: InvokeRequest,
  identity: RunIdentity,
): Omit<CallToBegin, 'purpose' | 'resume' | 'credential'> {
  return { ...identity, hop, candidate, tried, roundMs, order, attempt: activityInfo().attempt };
}

function standingOf(
  { candidate, roundMs }: InvokeRequest,
  { counts, ceiling, budget, hopMs }: OpenCall,
): HopStanding {
  const beganMs = roundMs + hopMs;
  return { model: candidate.model, counts, ceiling, budget, hopMs, roundMs: beganMs, random: Math.random() };
}
