import { parseRunKeys } from '../client/index.ts';
import type { RunKeys } from '../client/index.ts';
import type { Config } from './config.ts';
import { UserError, lineOf } from './user-error.ts';

/** The ring of `BYOM_RUN_KEYS`, or null where none is given. Throws `UserError` with the position of a bad key. */
export function readRunKeys({ runRing }: Config): RunKeys | null {
  if (runRing === null) return null;
  try {
    return parseRunKeys(runRing);
  } catch (error) {
    throw new UserError(`BYOM_RUN_KEYS: ${lineOf(error)}`);
  }
}
