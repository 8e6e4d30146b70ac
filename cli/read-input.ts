import { readFileSync } from 'node:fs';
import { UserError } from './user-error.ts';

/** The text of a file, or with `-` of stdin: the only ways for a secret, since arguments are seen by everybody. */
export function readInput(option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new UserError(`${option}: cannot read ${nameOf(path)}: ${code}.`);
  }
}

/** The JSON object of a file or of stdin. Nothing of it is repeated where it is none; `hint` says what it should be. */
export function readObject(option: string, path: string, hint?: string): Readonly<Record<string, unknown>> {
  const value = parseObject(readInput(option, path));
  if (value !== null) return value;
  throw new UserError(
    `${option}: ${nameOf(path)} is not a JSON object${hint === undefined ? '' : ` (${hint})`}.`,
  );
}

/** Null where the text is anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Where to read what a run is, for whoever gave something else. */
export const runHint = 'docs/run.v1.schema.json says what a run is';

/** Throws `UserError` for anything but a whole number from 1 to `most`. */
export function readWhole(option: string, text: string, most = Infinity): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UserError(`${option}: a whole number from 1${most === Infinity ? '' : ` to ${most}`}.`);
}

function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
}
