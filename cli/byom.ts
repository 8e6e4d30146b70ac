#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { readConfig } from './config.ts';
import { lineOf } from './user-error.ts';

/** The `byom` command: each subcommand is a thin file, loaded when it is asked for. */
export function createProgram(): Command {
  const program = new Command('byom').description('Bring your own models to a pipe automation runtime.');
  program.exitOverride();
  const config = () => readConfig(process.env);

  const migrate = program.command('migrate').description('Bring the registry in Postgres to this version.');
  for (const verb of ['up', 'status', 'sql'] as const) {
    const what = {
      up: 'apply what is pending',
      status: 'say which version is there',
      sql: 'print all of it, for a DBA to apply',
    };
    migrate
      .command(verb)
      .description(what[verb])
      .action(async () => {
        await (await import('./commands/migrate.ts')).migrateCommand(verb, config());
      });
  }

  program
    .command('apply <registry.yaml>')
    .description(
      'Write providers, models, default, rules and assignments from a file; nothing is ever deleted.',
    )
    .action(async (path: string) => {
      await (await import('./commands/apply.ts')).applyCommand(path, config(), process.env);
    });

  const keys = program.command('keys').description('The key rings for credentials and runs.');
  keys
    .command('generate')
    .description('print new key rings, as environment variables')
    .action(async () => (await import('./commands/keys.ts')).generateCommand());
  keys
    .command('status')
    .description('say which keys are in use, and whether this ring opens them')
    .action(async () => (await import('./commands/keys.ts')).statusCommand(config()));

  program
    .command('worker')
    .description('Serve Behavior runs until it is told to stop.')
    .action(async () => (await import('./commands/worker.ts')).workerCommand(config()));

  program
    .command('run')
    .description('Start one run and print its outcome.')
    .requiredOption('--org <id>', 'the organization')
    .requiredOption('--pipe <id>', 'the pipe')
    .requiredOption('--behavior <id>', 'the Behavior')
    .requiredOption('--input <file.json>', 'the run as JSON (docs/run.v1.schema.json)')
    .action(async (options: RunOptions) => (await import('./commands/run.ts')).runCommand(options, config()));

  program
    .command('dev')
    .description(
      'Everything on this machine: Postgres, Temporal with its UI, a worker, a pipe engine, sandbox vendors.',
    )
    .option('--json', 'one line of JSON when it is ready, nothing else on stdout')
    .option('--sample', 'load the sample organization with its five use cases')
    .option('--remote', 'allow a database or Temporal that is not on this machine')
    .action(async (options: DevOptions) => (await import('./commands/dev.ts')).devCommand(options));
  return program;
}

export interface RunOptions {
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly input: string;
}

export interface DevOptions {
  readonly json?: true;
  readonly sample?: true;
  readonly remote?: true;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`byom: ${lineOf(error)}\n`);
    if (process.env['BYOM_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
