/** Why a change of the registry was not made. The words of RFC 9110 and RFC 6585 where they have one. */
export type RefusalCode =
  /** There is no such thing in this organization. */
  | 'not-found'
  /** It changed since it was read (412). */
  | 'stale'
  /** It exists and differs, and the caller did not say which state he knows (428). */
  | 'precondition-required'
  /** Something depends on it (409). */
  | 'in-use'
  /** It cannot be as the caller says (422). */
  | 'invalid'
  /** It exists under that name, as something that cannot change into this (409). */
  | 'conflict';

/** A change that was refused: nothing was written. The detail is ours and holds no secret. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export interface RefusalDetails {
  /** Where in what was sent, as a JSON pointer (RFC 6901). */
  readonly pointer?: string;
  /** The revision that is there now, for `stale`. */
  readonly revision?: string;
  /** What depends on it, for `in-use`. */
  readonly dependents?: readonly object[];
  /** Requests that would make room, ready to send, for `in-use`. */
  readonly resolutions?: readonly object[];
}
