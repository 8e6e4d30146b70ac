import { Failure, failures } from '../contract/index.ts';
import type { BegunCall, OpenCall } from '../registry/index.ts';
import { vendorOf } from '../vendors/index.ts';

/**
 * A new credential serves from the moment it is stored, and may not be known everywhere at the vendor's by then: for a
 * quarter of an hour the one before it is tried where the new one is refused. What a broker lends has none before it.
 */
export function mayTryRetiring(error: unknown, open: OpenCall): error is Failure {
  const isRefused = error instanceof Failure && error.type === 'model.unauthorized';
  return isRefused && open.hasRetiring && !vendorOf(open.vendor).isIdentity(open.openCredential());
}

/**
 * One call more, in the ledger as every other. Where it is not permitted or fails as a provider does, `refused` is thrown:
 * an admin has to hear that the new credential is refused. What is said of the prompt, or of our own side, stays.
 */
export async function tryRetiring<T>(
  refused: Failure,
  begin: () => Promise<BegunCall>,
  make: (open: OpenCall) => Promise<T>,
): Promise<T> {
  const begun = await begin();
  if (begun.kind !== 'open') throw refused;
  try {
    return await make(begun);
  } catch (error) {
    throw isOfProvider(error) ? refused : error;
  }
}

/** Whatever another provider may do better at. A refused mode is followed by the next one, on the same credential. */
function isOfProvider(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return failures[error.type].fallback === 'yes' && error.hints.refusedMode !== true;
}
