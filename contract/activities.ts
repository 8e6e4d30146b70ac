import type { FailureType } from './failure.ts';
import type { ModelOrder } from './messages.ts';
import type { Candidate, NextHop, SkippedHop } from './next-hop.ts';
import type { OutcomeDraft, RunOutcome, Usage } from './outcome.ts';
import type { BehaviorRun } from './run.ts';
import type { Claimed } from './ticket.ts';

/** The verbs a workflow may say to our own workers. `activities/` binds them; neither room imports the other. */
export interface Activities {
  /** Which model may be called next, if any. "None" is an answer, not a failure. */
  resolveModel(question: ResolveRequest): Promise<NextHop>;
  /** Calls one model, and once more for a repair, and brings a valid answer back, or throws one typed failure. */
  invokeModel(call: InvokeRequest): Promise<ModelReply>;
  /** Writes the outcome down and returns it completed from the ledger. An upsert: twice is once. */
  recordOutcome(record: OutcomeRecord): Promise<RunOutcome>;
}

/** What every request of ours carries: the ticket that is believed, and what is claimed where none is needed. */
export interface RunRequest {
  readonly ticket: string | null;
  readonly claimed: Claimed;
  /** Survives reset and continue-as-new. */
  readonly firstRunId: string;
  /** Workflow time at which this was asked. A superseded execution asked earlier than the one that replaced it. */
  readonly askedAtMs: number;
  /** A new round begins when a parked run wakes; tried models and the budget start over. From 0. */
  readonly round: number;
}

export interface ResolveRequest extends RunRequest {
  /** Hops on the trail so far, of all rounds. */
  readonly hops: number;
  /** Hops of this round that failed, oldest first. */
  readonly tried: readonly TriedHop[];
  /** Hops of this round that were planned and refused when their call was to begin. */
  readonly refused: readonly SkippedHop[];
  /** Time since this round began, in milliseconds. */
  readonly roundMs: number;
  readonly waited: { readonly times: number; readonly totalMs: number };
  readonly order: ModelOrder | null;
}

export interface TriedHop {
  readonly hop: number;
  readonly model: string;
  readonly failure: FailureType;
}

export interface InvokeRequest extends RunRequest {
  readonly run: BehaviorRun;
  readonly hop: number;
  readonly candidate: Candidate;
  /** Hops of this round that failed before: what policy judges the call by, once more, right before it is made. */
  readonly tried: readonly TriedHop[];
  readonly roundMs: number;
  readonly order: ModelOrder | null;
  /** For a text run, the outcome as it will be but for this answer: the statement that stores the answer ends the run. */
  readonly draft: OutcomeDraft | null;
}

/** What a model answered, and where the ledger has already ended the run with it, the outcome instead. */
export type ModelReply = ReplyFacts &
  (
    | { readonly answer: Answer; readonly outcome: null }
    | { readonly answer: null; readonly outcome: RunOutcome }
  );

export interface ReplyFacts {
  /** Calls made by the try that succeeded. */
  readonly calls: number;
  readonly usage: Usage | null;
  /** The model that answered: an earlier try's stored answer keeps its own layer and reason. */
  readonly candidate: Candidate;
  /** Set where the ledger could not be told of the answer; `recordOutcome` tells it. */
  readonly unsettled: UnsettledCall | null;
}

export interface UnsettledCall {
  readonly call: number;
  readonly usage: Usage | null;
}

/** What `invokeModel` puts into the details of the failure it throws. Typed facts, no vendor text. */
export interface FailureFacts {
  readonly calls: number;
  readonly usage: Usage | null;
  /** For `hop.refused`: the reason of the refusal. */
  readonly refused?: SkippedHop;
}

export type Answer =
  | { readonly kind: 'text'; readonly text: string; readonly truncated: boolean }
  | { readonly kind: 'plan'; readonly actionCalls: readonly ActionCall[]; readonly summary: string };

/** Every field is filled: by the model, or by us for `fixed_value` and `copy_from`. */
export interface ActionCall {
  readonly referenceId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface OutcomeRecord extends RunRequest {
  readonly draft: OutcomeDraft;
  readonly unsettled: readonly UnsettledCall[];
}
