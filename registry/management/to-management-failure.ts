import type { Failure } from '../../contract/index.ts';
import { toRegistryFailure } from '../queries/ask-postgres.ts';

/**
 * What an administration makes of an error on the way to Postgres. Where Postgres was there and refused a value (SQLSTATE
 * classes 22 and 23), to ask again would not help: that is no outage, so the error stays what it is, a fault of ours whose
 * words nobody is shown.
 */
export function toManagementFailure(error: unknown): Failure | Error {
  return error instanceof Error && /^2[23]/.test(codeOf(error)) ? error : toRegistryFailure(error);
}

/** Did Postgres say that a value is none of the type that it has to be (class 22)? */
export function isFaultyValue(error: unknown): boolean {
  return error instanceof Error && codeOf(error).startsWith('22');
}

function codeOf(error: Error): string {
  return String((error as { readonly code?: unknown }).code ?? '');
}
