import { createHash } from 'node:crypto';
import type { Repeatable } from '../registry/index.ts';
import { Problem } from './problem.ts';
import type { Call } from './route.ts';

/**
 * The `Idempotency-Key` of a request, with what exactly was asked for; null without one. `asked` is the checked body, whose
 * keys have one order however they were sent. Throws `bad-request`.
 */
export function readRepeatable(
  { idempotencyKey, change }: Call,
  route: string,
  asked: unknown,
): Repeatable | null {
  if (idempotencyKey === null) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw new Problem('bad-request', 'An Idempotency-Key has 1 to 255 printable characters without spaces.');
  }
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([route, change.org, asked]))
    .digest();
  return { principal: change.actor, key: idempotencyKey, fingerprint };
}
