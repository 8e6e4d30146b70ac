import type { Answer, FailureFacts, ModelReply, UnsettledCall } from './activities.ts';
import type { FailureType } from './failure.ts';
import type { ModelOrder } from './messages.ts';
import type { CallHop, Candidate, Considered, NextHop, SkippedHop } from './next-hop.ts';
import type { ActionReport, HopReport, RunOutcome } from './outcome.ts';
import type { BehaviorRun } from './run.ts';

export type Phase = 'resolving' | 'invoking' | 'acting' | 'parked' | 'compensating' | RunOutcome['status'];

/**
 * All that a run knows about itself. The `state` query answers with it, continue-as-new carries it, and what an operator
 * sees (search attributes, current details, outcome) is computed from it and stored nowhere else.
 */
export interface RunState {
  readonly version: 1;
  readonly phase: Phase;
  readonly round: number;
  readonly roundSinceMs: number;
  readonly hops: readonly Hop[];
  readonly calling: { readonly hop: CallHop; readonly sinceMs: number } | null;
  readonly requested: Considered['requested'];
  readonly skipped: readonly SkippedHop[];
  /** Refused at the very call, in this round. */
  readonly refused: readonly SkippedHop[];
  readonly parked: {
    readonly because: FailureType;
    readonly sinceMs: number;
    readonly untilMs: number;
  } | null;
  readonly waited: { readonly times: number; readonly totalMs: number };
  readonly order: ModelOrder | null;
  /** Something changed since the registry was last asked. */
  readonly stale: boolean;
  readonly answer: Answer | null;
  readonly unsettled: readonly UnsettledCall[];
  readonly effects: readonly Effect[];
  readonly actionDeadlineMs: number;
  readonly ending: Ending | null;
  /** The outcome as it was recorded. */
  readonly outcome: RunOutcome | null;
}

/** The workflow, for whoever starts it by name. */
export type AgentBehavior = (
  run: BehaviorRun,
  ticket: string | null,
  carried?: RunState,
) => Promise<RunOutcome>;

export interface Hop extends HopReport {
  readonly hop: number;
  readonly round: number;
  readonly vendor: Candidate['vendor'];
  readonly reason: Candidate['reason'];
}

export interface Effect extends ActionReport {
  /** Its place in the plan, from 0. */
  readonly step: number;
  /** `<workflow id>/<referenceId>/<n>`. Not its place: after a reset another answer may order the actions differently. */
  readonly idempotencyKey: string;
  readonly undo: unknown;
}

export type Ending =
  | { readonly how: 'finished' }
  | {
      readonly how: 'failed';
      readonly failure: FailureType;
      readonly lastModelFailure: FailureType | null;
    }
  | { readonly how: 'aborted'; readonly by: 'operator' | 'cancellation'; readonly reason: string }
  /** `run.*`: it should never have been started. Nothing is recorded. */
  | { readonly how: 'refused'; readonly failure: FailureType; readonly message: string }
  /** The event had its outcome already. */
  | { readonly how: 'ran'; readonly outcome: RunOutcome };

/** A failed call is a reply too: it is the registry that says what follows from it. */
export type Reply =
  | ({ readonly ok: true } & ModelReply)
  | ({ readonly ok: false; readonly failure: FailureType } & FailureFacts);

/** Everything that can happen to a run. `after` in `workflows/run/state.ts` says what each means. */
export type RunEvent =
  | { readonly type: 'asking' }
  | { readonly type: 'resolved'; readonly hop: NextHop }
  | { readonly type: 'replied'; readonly reply: Reply }
  | { readonly type: 'woken' }
  | { readonly type: 'told-to-retry' }
  | { readonly type: 'told-to-use'; readonly order: ModelOrder }
  | { readonly type: 'registry-changed' }
  | { readonly type: 'acting'; readonly effect: Effect }
  | { readonly type: 'acted'; readonly effect: Effect }
  | { readonly type: 'ended'; readonly ending: Ending }
  | { readonly type: 'undoing' }
  | { readonly type: 'undone'; readonly effect: Effect }
  | { readonly type: 'recorded'; readonly outcome: RunOutcome };
