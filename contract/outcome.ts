import type { FailureType } from './failure.ts';
import type { Candidate, Considered, Layer, SkippedHop } from './next-hop.ts';
import type { Reason } from './reason.ts';
import type { ActionType } from './run.ts';

/** How a run ended: the workflow's result, the row in the registry and the answer of the API are this one shape. */
export interface RunOutcome {
  readonly version: 1;
  /** `partial`: the model answered, but not every action could be done. */
  readonly status: 'completed' | 'partial' | 'failed' | 'aborted';
  readonly answeredBy: ModelName | null;
  readonly requested: Considered['requested'];
  /** Why the answering model was the one; `truncated` where its text was cut; null where nobody answered. */
  readonly reason: Reason | null;
  readonly failure: { readonly type: FailureType; readonly lastModelFailure: FailureType | null } | null;
  readonly abort: { readonly by: 'operator' | 'cancellation'; readonly reason: string } | null;
  readonly hops: readonly HopReport[];
  readonly skipped: readonly SkippedHop[];
  readonly actions: readonly ActionReport[];
  readonly summary: string;
  readonly text?: string;
  /** Tokens of all calls of this workflow id, replays included; null where no call reported any. */
  readonly usage: Usage | null;
  readonly cost: Cost | null;
  readonly credits: number | null;
}

export interface ModelName {
  readonly layer: Layer;
  readonly provider: string;
  readonly model: string;
  readonly vendor: string;
}

export interface HopReport {
  readonly layer: Layer;
  readonly provider: string;
  readonly model: string;
  /** `interrupted`: an abort came while the call was under way, so it may be billed. */
  readonly outcome: 'answered' | 'failed' | 'interrupted';
  readonly failure: FailureType | null;
  readonly calls: number;
  readonly durationMs: number;
  readonly usage: Usage | null;
}

export interface ActionReport {
  readonly referenceId: string;
  readonly actionType: ActionType;
  readonly status: EffectStatus;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `unknown`: we asked and have no answer, so it may have happened. */
export type EffectStatus = 'unknown' | 'done' | 'already-done' | 'skipped' | 'failed' | 'undone';

/** Tokens. Null where the vendor says nothing; never zero. Totals include their parts. */
export interface Usage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cachedInputTokens: number | null;
  readonly reasoningTokens: number | null;
}

export interface Cost {
  /** A decimal string: money is never a float. */
  readonly amount: string;
  readonly currency: string;
}

/** What the workflow knows of its outcome; the ledger's part is filled in by whoever records it. */
export type OutcomeDraft = Omit<RunOutcome, 'usage' | 'cost' | 'credits'>;

/** The ledger's part: sums over all calls of the workflow id, and the hops of the current execution. */
export interface LedgerSums {
  readonly hops: readonly { readonly hop: number; readonly calls: number; readonly usage: Usage | null }[];
  readonly usage: Usage | null;
  readonly cost: Cost | null;
  readonly credits: number | null;
}

/** Draft and ledger together: the outcome. A hop that the ledger does not know made no call. */
export function completeOutcome(draft: OutcomeDraft, sums: LedgerSums): RunOutcome {
  const known = new Map(sums.hops.map((one) => [one.hop, one]));
  const hops = draft.hops.map((report, index) => {
    const counted = known.get(index + 1);
    return { ...report, calls: counted?.calls ?? 0, usage: counted?.usage ?? null };
  });
  return { ...draft, hops, usage: sums.usage, cost: sums.cost, credits: sums.credits };
}

/** The draft of a text run whose last hop has just answered; `invokeModel` makes it, so that one statement ends the run. */
export function answeredDraft(draft: OutcomeDraft, answer: AnsweredText): OutcomeDraft {
  const { layer, provider, model, vendor, reason } = answer.candidate;
  const hop: HopReport = {
    layer,
    provider,
    model,
    outcome: 'answered',
    failure: null,
    calls: 0,
    durationMs: answer.durationMs,
    usage: null,
  };
  return {
    ...draft,
    status: 'completed',
    answeredBy: { layer, provider, model, vendor },
    reason: answer.truncated ? 'truncated' : reason,
    failure: null,
    hops: [...draft.hops.slice(0, answer.hop - 1), hop],
    text: answer.text,
  };
}

export interface AnsweredText {
  readonly candidate: Candidate;
  readonly hop: number;
  readonly durationMs: number;
  readonly text: string;
  readonly truncated: boolean;
}
