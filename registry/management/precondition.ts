import { Refused } from './refused.ts';

/** What the caller says of the state he knows: the revisions of `If-Match`, `*` for any; null without one. */
export type IfMatch = readonly string[] | '*' | null;

/**
 * May a PUT go on? Where there is nothing, without a precondition; over something, only with the right one, unless the
 * same is already there. Throws `stale` and `precondition-required` (RFC 9110 section 13, RFC 6585).
 */
export function permitPut(
  current: { readonly revision: string } | null,
  ifMatch: IfMatch,
  identical: boolean,
): void {
  if (current === null) {
    if (ifMatch !== null && ifMatch !== '*') throw new Refused('stale', 'It was deleted since you read it.');
    return;
  }
  if (ifMatch === null) {
    if (identical) return;
    throw new Refused(
      'precondition-required',
      'It exists and differs. Read it, and send its ETag as If-Match (or `*` to write over whatever is there).',
      { revision: current.revision },
    );
  }
  requireMatch(current, ifMatch);
}

/** For DELETE, PATCH and credentials: always a precondition. */
export function requireMatch(current: { readonly revision: string }, ifMatch: IfMatch): void {
  if (ifMatch === null) {
    throw new Refused(
      'precondition-required',
      'Say which state you know: read it, and send its ETag as If-Match (or `*` for any).',
      { revision: current.revision },
    );
  }
  if (ifMatch !== '*' && !ifMatch.includes(current.revision)) {
    throw new Refused('stale', 'It changed since you read it. Read it again, and decide anew.', {
      revision: current.revision,
    });
  }
}
