import type { Command, CommanderError } from 'commander';
import { Failure } from '../contract/index.ts';
import { apiLineOf, isApiError } from './api-refusal.ts';

/** A fault of whoever typed the command: one line with the remedy, no stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The one line that a failed command prints. */
export function lineOf(error: unknown): string {
  if (error instanceof UserError || error instanceof Failure) return error.message;
  if (isApiError(error)) return apiLineOf(error);
  if (error instanceof AggregateError && error.errors.length > 0) return lineOf(error.errors[0]);
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const [first = ''] = message.split('\n');
  return code === undefined || first.includes(code) ? first : `${first} (${code})`;
}

/** The one line about a command that was typed wrong, with the help that says how it goes. */
export function usageLineOf({ message }: CommanderError, program: Command): string {
  const said = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '');
  return `${said}: see \`${commandOf(program, process.argv.slice(2))} --help\`.`;
}

/** The longest command that the arguments begin with: `byom keys` of `byom keys nonsense`. */
function commandOf(program: Command, args: readonly string[]): string {
  const [first, ...rest] = args;
  const sub = program.commands.find((one) => one.name() === first);
  return sub === undefined ? program.name() : `${program.name()} ${commandOf(sub, rest)}`;
}
