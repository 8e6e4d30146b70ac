import { Failure } from '../contract/index.ts';

/** A fault of whoever typed the command: one line with the remedy, no stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The one line that a failed command prints. */
export function lineOf(error: unknown): string {
  if (error instanceof UserError || error instanceof Failure) return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return lineOf(error.errors[0]);
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const [first = ''] = message.split('\n');
  return code === undefined || first.includes(code) ? first : `${first} (${code})`;
}
