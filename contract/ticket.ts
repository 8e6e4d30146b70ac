/**
 * What a ticket vouches for. Whoever can write to the Temporal namespace could start a run for another organization, so
 * our activities take organization, pipe, Behavior and class only from here. On the wire: `v1.<claims>.<mac>`, both
 * base64url; the claims are JSON and the mac is HMAC-SHA-256 over them.
 */
export interface TicketClaims {
  readonly keyId: string;
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly dataClass: string | null;
  readonly workflowId: string;
  /** SHA-256 of the run's canonical JSON (RFC 8785), base64url. */
  readonly digest: string;
}

/** What a request says about the run it belongs to; believed only where the worker serves unsigned runs. */
export type Claimed = Pick<TicketClaims, 'org' | 'pipe' | 'behavior' | 'dataClass'>;
