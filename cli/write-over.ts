import type { Read, Written } from '../api/index.ts';
import { isApiError } from './api-refusal.ts';

/** What became of one thing that was written. */
export type Outcome = 'created' | 'changed' | 'unchanged';

export interface Put<T> {
  readonly outcome: Outcome;
  readonly written: Written<T>;
}

/**
 * Reads, and writes over exactly what was read: whoever changes it in between is not overwritten, and the command fails
 * as `stale`. An ETag that stays is a row that stayed.
 */
export async function writeOver<T>(
  read: () => Promise<Read<unknown>>,
  write: (ifMatch: string | undefined) => Promise<Written<T>>,
): Promise<Put<T>> {
  const before = await findOne(read);
  const written = await write(before?.etag ?? undefined);
  return { outcome: outcomeOf(before, written), written };
}

/** The same for what must be there already. */
export async function changeWhatIs<T>(
  read: () => Promise<Read<unknown>>,
  write: (ifMatch: string) => Promise<Written<T>>,
): Promise<Put<T>> {
  const before = await read();
  const written = await write(before.etag ?? '*');
  return { outcome: outcomeOf(before, written), written };
}

/** Null where there is none. */
export async function findOne<T>(read: () => Promise<Read<T>>): Promise<Read<T> | null> {
  try {
    return await read();
  } catch (error) {
    if (isApiError(error) && error.status === 404) return null;
    throw error;
  }
}

function outcomeOf(before: Read<unknown> | null, { created, etag, dryRun }: Written<unknown>): Outcome {
  if (dryRun !== null && !dryRun.changed) return 'unchanged';
  if (created || (dryRun !== null && dryRun.before === null)) return 'created';
  return dryRun === null && etag === before?.etag ? 'unchanged' : 'changed';
}
