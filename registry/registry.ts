import type {
  Candidate,
  FailureType,
  InvokeRequest,
  NextHop,
  OutcomeDraft,
  ResolveRequest,
  RunOutcome,
  RunRequest,
  SkippedHop,
  UnsettledCall,
  Usage,
  VendorReply,
} from '../contract/index.ts';
import type { Budget, CallCounts } from './policy/rows.ts';

/**
 * What the other rooms see of Postgres while runs are served. Each method is one file in `queries/` and one round trip;
 * all of them throw `registry.unavailable` when Postgres does not answer in time.
 */
export interface Registry {
  /** Which model may be called next: the rows of this moment, judged by `planCandidates`. */
  resolve(question: Question): Promise<NextHop>;
  /**
   * One call is about to be made. Commits the ledger row `sent` and judges the rows of this moment again; a refusal
   * settles the row as `refused`. An answer that an earlier try stored comes back instead, and nothing is written.
   */
  begin(call: CallToBegin): Promise<BegunCall>;
  /** How the call ended. Only the first settling of a row counts. With a draft, it ends the run in the same statement. */
  settle(call: CallToSettle): Promise<RunOutcome | null>;
  /** Upserts the outcome of a run and completes it from the ledger; a superseded execution changes nothing. */
  recordOutcome(record: RecordToKeep): Promise<RunOutcome>;
}

/** Which execution of which run is asking. From the verified ticket and Temporal's own ids, never from the caller. */
export interface RunIdentity {
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly dataClass: string | null;
  readonly workflowId: string;
  /** Temporal's current run id: a reset changes it, a retry of an activity does not. */
  readonly runId: string;
  readonly firstRunId: string;
  readonly askedAtMs: number;
  readonly round: number;
}

/** A request of the workflow's, with the identity that was verified in place of what it claims. */
export interface Question extends RunIdentity, Omit<ResolveRequest, keyof RunRequest> {}

export interface CallToBegin
  extends RunIdentity, Pick<InvokeRequest, 'hop' | 'candidate' | 'tried' | 'roundMs' | 'order'> {
  /** The activity's attempt, from 1. */
  readonly attempt: number;
  /**
   * True for the first call of an activity's try: what an earlier try left is looked at. A valid answer is returned,
   * an invalid one is repaired, a row still `sent` becomes `unknown`.
   */
  readonly resume: boolean;
  readonly purpose: 'answer' | 'repair' | 'mode';
  /** `retiring`: the one that was replaced by the active one less than a quarter of an hour ago. */
  readonly credential: 'active' | 'retiring';
}

export type BegunCall =
  | {
      readonly kind: 'answered';
      readonly call: number;
      readonly candidate: Candidate;
      readonly reply: VendorReply;
      /** Set where the answer has ended its run already, as it is on record. */
      readonly ended: OutcomeDraft | null;
    }
  | { readonly kind: 'refused'; readonly refusal: SkippedHop }
  | { readonly kind: 'exhausted' }
  /** The retiring credential that was asked for is there no more. Nothing was written. */
  | { readonly kind: 'retired' }
  | OpenCall;

/** A call that may be made now. */
export interface OpenCall {
  readonly kind: 'open';
  /** Its number within the current run id: with organization and run id the ledger's key. */
  readonly call: number;
  readonly vendor: string;
  /** Whose provider it is: what an operator's broker has to know to lend an identity. */
  readonly provider: {
    readonly org: string;
    readonly provider: string;
    readonly audience: string;
    readonly externalId: string;
  };
  readonly upstreamId: string;
  /** As the admin gave them; the vendor's own schema checks them. */
  readonly settings: unknown;
  /** Opens the sealed credential, in the worker alone; null where the provider has none. Throws `model.misconfigured`. */
  openCredential(): unknown;
  /** Whether a call may also be begun with the credential before the active one. */
  readonly hasRetiring: boolean;
  readonly supports: ModelSupports;
  readonly limits: CallLimits;
  /** The invalid answer of an earlier try, to be repaired by this call. */
  readonly repairOf: VendorReply | null;
  /** Milliseconds since the first `sent` of this hop, by the database's clock. */
  readonly hopMs: number;
  /** What was spent with this call, and what may be. */
  readonly counts: CallCounts;
  readonly ceiling: number;
  readonly budget: Budget;
}

/** What a model can do, as the admin said and as it was observed since. */
export interface ModelSupports {
  /** Modes to try, best first; one that the server refused is gone from the list. */
  readonly structuredOutput: readonly StructuredOutputMode[];
  readonly streaming: boolean;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens' | null;
}

export type StructuredOutputMode = 'json_schema' | 'json_object' | 'prompt';

/** Limits of one call; milliseconds and tokens. */
export interface CallLimits {
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly maxOutputTokens: number;
}

export interface CallToSettle extends RunIdentity {
  readonly call: number;
  readonly result: CallResult;
}

export type CallResult =
  | {
      readonly state: 'answered';
      readonly reply: VendorReply;
      readonly valid: boolean;
      /** For a text run with a valid answer. */
      readonly ends: { readonly draft: OutcomeDraft; readonly credits: number | null } | null;
    }
  | {
      readonly state: 'failed';
      readonly failure: FailureType;
      readonly usage: Usage | null;
      /** Remembered for the model, so that this mode is not tried again. */
      readonly refusedMode: StructuredOutputMode | null;
    }
  | { readonly state: 'cancelled' }
  /** Not made after all. It counts nowhere. */
  | { readonly state: 'refused' };

/** A run that was terminated or timed out in Temporal, as far as can be said of it from outside. */
export interface LostRun extends RunIdentity {
  readonly draft: OutcomeDraft;
}

export interface RecordToKeep extends RunIdentity {
  readonly draft: OutcomeDraft;
  readonly unsettled: readonly UnsettledCall[];
  readonly credits: number | null;
}
