import type { Layer, ModelOrder, Reason, SkippedHop, TriedHop } from '../../contract/index.ts';

/** What one look at Postgres brings for one question. The whole of policy is decided on these rows and nothing else. */
export interface PlanRows {
  readonly policy: PolicyRow;
  readonly assigned: ModelRow | null;
  readonly byDefault: ModelRow | null;
  readonly platform: ModelRow | null;
  /** The model an operator named, when there is an order. */
  readonly ordered: ModelRow | null;
  readonly counts: CallCounts;
}

/** What is asked of policy: the part of a question that the rows do not answer. */
export interface PlanQuestion {
  /** The run's own class; rules may add more. */
  readonly dataClass: string | null;
  /** Hops on the trail so far, of all rounds. */
  readonly hops: number;
  readonly tried: readonly TriedHop[];
  readonly refused: readonly SkippedHop[];
  readonly roundMs: number;
  readonly order: ModelOrder | null;
}

/** Organization settings and the rules of pipe and Behavior, merged: the most specific `on…` wins. */
export interface PolicyRow {
  /** Counts up with every change of the organization's registry. */
  readonly revision: string;
  readonly whenMissing: 'platform' | 'fail';
  readonly onFailure: 'platform' | 'cascade' | 'none';
  readonly onExhausted: 'fail' | 'park';
  /** Classes that the rules add to the run's own. */
  readonly classes: readonly string[];
  /** The class of runs that have none. */
  readonly unclassified: string | null;
  /** The only providers that may serve, `platform` among them; null: any. Lists of pipe and Behavior are intersected. */
  readonly providers: readonly string[] | null;
  readonly budget: Budget;
}

/** The limits of one round. Already clamped: every value is a finite, positive number. */
export interface Budget {
  readonly callsPerRound: number;
  readonly callsPerModel: number;
  /** Retrying of one hop, from its first `sent`. */
  readonly hopMs: number;
  readonly roundMs: number;
  readonly heartbeatMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly actionDeadlineMs: number;
}

export interface ModelRow {
  /** Whether it is a model of the platform; then `model` is `platform/<slug>` and approvals ask for `platform`. */
  readonly ofPlatform: boolean;
  readonly provider: string;
  readonly model: string;
  readonly vendor: string;
  readonly modelEnabled: boolean;
  readonly providerEnabled: boolean;
  /** `not-needed`: a vendor that serves without, and none was ever given. */
  readonly credential: 'active' | 'missing' | 'revoked' | 'not-needed';
  readonly contextTokens: number | null;
  /** Classes of data this model's provider (or the platform) is approved for. */
  readonly approvedFor: readonly string[];
  readonly totalTimeoutMs: number;
}

/** Calls of (current run id, round), as the ledger counts them: `unknown` ones too, refused ones nowhere. */
export interface CallCounts {
  readonly round: number;
  /** By model name; a call that only had its structured-output mode refused is not among them. */
  readonly byModel: Readonly<Record<string, number>>;
}

/** One place of the chain: a model, or the lack of one, at a layer. */
export interface Place {
  readonly layer: Layer;
  readonly row: ModelRow;
  /** Why it would be called if it is the first. */
  readonly reason: Reason;
  /** Set where policy cuts it off the chain although it is there. */
  readonly cut: Reason | null;
}
