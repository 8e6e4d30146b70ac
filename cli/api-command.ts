import type { Command } from 'commander';

/** What every command takes that goes through the API. */
export interface ApiOptions {
  readonly org: string;
  readonly json?: true;
}

export interface WriteOptions extends ApiOptions {
  readonly dryRun?: true;
}

export interface BehaviorOptions {
  readonly pipe: string;
  readonly behavior: string;
}

/** A subcommand that reads of one organization. */
export function addRead(parent: Command, usage: string, what: string): Command {
  return parent
    .command(usage)
    .description(what)
    .requiredOption('--org <id>', 'the organization')
    .option('--json', 'JSON instead of text');
}

/** A subcommand that writes, for real or not. */
export function addWrite(parent: Command, usage: string, what: string): Command {
  return addRead(parent, usage, what).option('--dry-run', 'say what it would do, and do nothing');
}

/** Which Behavior a command is about. */
export function ofBehavior(command: Command): Command {
  return command.requiredOption('--pipe <id>', 'the pipe').requiredOption('--behavior <id>', 'the Behavior');
}

/** For what is repeated: `--engine-queue a --engine-queue b`. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The first items of a list that may be long. */
export async function take<T>(items: AsyncIterable<T>, limit = Infinity): Promise<readonly T[]> {
  const taken: T[] = [];
  if (limit === 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}

/** Without what was not given, so that the API fills in what it fills in for everybody. */
export function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
