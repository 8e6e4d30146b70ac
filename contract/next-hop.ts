import type { FailureType } from './failure.ts';
import type { Reason } from './reason.ts';
import type { RunOutcome } from './outcome.ts';

/** Where a model came from: assigned to the Behavior, the organization's default, the platform's own AI. */
export type Layer = 'behavior' | 'organization' | 'platform';

/** One model that may be called now. Ids only: no secret and no address ever reaches a history. */
export interface Candidate {
  readonly layer: Layer;
  readonly provider: string;
  /** A slug, or `platform/<slug>` for a model of the platform. */
  readonly model: string;
  readonly vendor: string;
  readonly reason: Reason;
}

/** How long one hop may take, in milliseconds, as policy says. The workflow clamps each value to what Temporal takes. */
export interface HopLimits {
  /** Heartbeat time-out of the call's activity. */
  readonly heartbeatMs: number;
  /** One try of the activity: it may hold several calls (answer, repair, a refused mode). */
  readonly tryMs: number;
  /** All tries of the hop and the waiting between them: what is left of the round. */
  readonly withinMs: number;
  /** Back-off between tries: first wait and longest wait. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

export interface SkippedHop {
  readonly layer: Layer;
  /** Null where the layer has no model at all. */
  readonly model: string | null;
  readonly reason: Reason;
}

/** What was looked at to get to an answer. */
export interface Considered {
  /** The model that would serve if nothing stood in its way. */
  readonly requested: { readonly layer: Layer; readonly model: string } | null;
  readonly skipped: readonly SkippedHop[];
  /** How long an action may be tried, in milliseconds. */
  readonly actionDeadlineMs: number;
}

/**
 * What the registry says when asked what may happen next. The whole policy is in this answer, so the workflow has none:
 * a new rule changes `registry/policy/` and never the way a recorded run replays.
 */
export type NextHop = Considered & (CallHop | WaitHop | ParkHop | FailHop | RanHop);

export interface CallHop {
  readonly next: 'call';
  /** Its place on the trail, from 1. A hop that is asked again through no fault of the model keeps its number. */
  readonly hop: number;
  readonly candidate: Candidate;
  readonly limits: HopLimits;
}

/** The same round goes on after a short delay. */
export interface WaitHop {
  readonly next: 'wait';
  readonly because: FailureType;
  readonly delayMs: number;
}

/** Nothing permitted remains for now: wait durably, then begin a new round. */
export interface ParkHop {
  readonly next: 'park';
  readonly because: FailureType;
  readonly delayMs: number;
}

export interface FailHop {
  readonly next: 'fail';
  readonly because: FailureType;
  readonly lastModelFailure: FailureType | null;
}

/** This event already has its outcome, from a run that Temporal has forgotten. */
export interface RanHop {
  readonly next: 'ran';
  readonly outcome: RunOutcome;
}
