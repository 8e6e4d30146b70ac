#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import type { ApplyOptions } from './commands/apply.ts';
import { addAssignCommands } from './commands/assign.ts';
import { addAuditListCommand } from './commands/audit-list.ts';
import { addClassesCommands } from './commands/classes.ts';
import { addDefaultCommands } from './commands/default.ts';
import { addModelsCommands } from './commands/models.ts';
import { addOrgsCommands } from './commands/orgs.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addProvidersCommands } from './commands/providers.ts';
import { addPruneCommand } from './commands/prune.ts';
import { addResolveCommand } from './commands/resolve.ts';
import { addRulesCommands } from './commands/rules.ts';
import { addRunsCommands } from './commands/runs.ts';
import { addServiceTokenCommands } from './commands/service-tokens.ts';
import { addUsageCommand } from './commands/usage.ts';
import type { HeadOptions, PruneOptions, VerifyOptions } from './commands/audit.ts';
import type { DevOptions } from './commands/dev.ts';
import type { RunOptions } from './commands/run.ts';
import type { BootstrapOptions } from './commands/tokens.ts';
import type { Config } from './config.ts';
import { lineOf, usageLineOf } from './user-error.ts';

/** The `byom` command: each subcommand is a thin file, loaded when it is asked for. */
function createProgram(): Command {
  const program = new Command('byom')
    .description('Bring your own models to a pipe automation runtime.')
    .version(readVersion(), '-V, --version', 'print the version')
    // Said once, at the end, in the form of every other fault.
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  addRegistryCommands(program);
  for (const add of throughTheApi) add(program);
  addAccessCommands(program);
  addPruneCommand(program, loadConfig);
  addRunCommands(program);
  return program;
}

/** They ask the API and hold nothing heavy, so they say themselves what they take. */
const throughTheApi = [
  addOrgsCommands,
  addProvidersCommands,
  addModelsCommands,
  addDefaultCommands,
  addAssignCommands,
  addRulesCommands,
  addPolicyCommands,
  addClassesCommands,
  addResolveCommand,
  addRunsCommands,
  addUsageCommand,
];

function addRegistryCommands(program: Command): void {
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
      .action(async () => (await import('./commands/migrate.ts')).migrateCommand(verb, await loadConfig()));
  }

  program
    .command('apply <registry.yaml>')
    .description(
      'Write providers, models, default, rules and assignments from a file; nothing is ever deleted.',
    )
    .option('--dry-run', 'say what it would do, and do nothing')
    .action(async (path: string, options: ApplyOptions) =>
      (await import('./commands/apply.ts')).applyCommand(path, options, await loadConfig(), process.env),
    );

  const keys = program.command('keys').description('The key rings for credentials and runs.');
  keys
    .command('generate')
    .description('print new key rings, as environment variables')
    .action(async () => (await import('./commands/keys.ts')).generateCommand());
  keys
    .command('status')
    .description('say which keys are in use, and whether this ring opens them')
    .action(async () => (await import('./commands/keys.ts')).statusCommand(await loadConfig()));
}

function addAccessCommands(program: Command): void {
  const tokens = program.command('tokens').description('Who may use the management API.');
  addServiceTokenCommands(tokens);
  tokens
    .command('bootstrap')
    .description('make the first token, with the database as its owner; it is shown once')
    .requiredOption('--org <id>', 'the organization; `platform` for a platform-admin')
    .requiredOption('--role <role>', 'platform-admin, org-admin, operator or viewer')
    .option('--hours <number>', 'how long it is good for, at most 24', '24')
    .option('--json', 'one line of JSON')
    .action(async (options: BootstrapOptions) =>
      (await import('./commands/tokens.ts')).bootstrapCommand(options, await loadConfig()),
    );

  const audit = program.command('audit').description('What was changed, chained so that nobody rewrites it.');
  addAuditListCommand(audit);
  audit
    .command('verify')
    .description('follow every chain, and name the first event that is not as it was written')
    .option('--org <id>', 'this organization only')
    .option('--head <seq:hash>', 'a head of it that was exported before')
    .option('--json', 'one line of JSON per organization')
    .action(async (options: VerifyOptions) =>
      (await import('./commands/audit.ts')).verifyCommand(options, await loadConfig()),
    );
  audit
    .command('head')
    .description('print the head of a chain, to be kept where nobody of the database can reach it')
    .requiredOption('--org <id>', 'the organization')
    .option('--json', 'one line of JSON')
    .action(async (options: HeadOptions) =>
      (await import('./commands/audit.ts')).headCommand(options, await loadConfig()),
    );
  audit
    .command('prune')
    .description('drop the beginning of a chain; the rest still verifies')
    .requiredOption('--org <id>', 'the organization')
    .requiredOption('--before <date>', 'older events go: 2026-01-31, or with a time')
    .option('--json', 'one line of JSON')
    .action(async (options: PruneOptions) =>
      (await import('./commands/audit.ts')).pruneCommand(options, await loadConfig()),
    );
}

function addRunCommands(program: Command): void {
  program
    .command('worker')
    .description('Serve Behavior runs until it is told to stop.')
    .action(async () => (await import('./commands/worker.ts')).workerCommand(await loadConfig()));

  program
    .command('api')
    .description('Serve the management API until it is told to stop.')
    .action(async () => (await import('./commands/api.ts')).apiCommand(await loadConfig()));

  program
    .command('run')
    .description('Start one run and print its outcome.')
    .requiredOption('--org <id>', 'the organization')
    .requiredOption('--pipe <id>', 'the pipe')
    .requiredOption('--behavior <id>', 'the Behavior')
    .requiredOption('--input <file.json>', 'the run as JSON (docs/run.v1.schema.json), `-` for stdin')
    .action(async (options: RunOptions) =>
      (await import('./commands/run.ts')).runCommand(options, await loadConfig()),
    );

  program
    .command('dev')
    .description(
      'Everything on this machine: Postgres, Temporal with its UI, a worker, a pipe engine, sandbox vendors.',
    )
    .option('--json', 'one line of JSON when it is ready, nothing else on stdout')
    .option('--sample', 'load the sample organization with its five use cases')
    .option('--remote', 'allow a database or Temporal that is not on this machine')
    .action(async (options: DevOptions) => (await import('./commands/dev.ts')).devCommand(options));
}

/** Not imported at the top: it brings the key rings, and `--help` needs none of it. */
async function loadConfig(): Promise<Config> {
  return (await import('./config.ts')).readConfig(process.env);
}

function readVersion(): string {
  const description: unknown = createRequire(import.meta.url)('pipe-byom/package.json');
  return (description as { version: string }).version;
}

// Whoever reads has seen enough (`byom audit list | head`): the end that a signal would make of it, without a word.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(141);
  fail('nothing can be written to stdout.', null);
});
const program = createProgram();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) fail(lineOf(error), error);
  // Help and version end as errors too; what they had to say was said.
  if (error.exitCode !== 0 && error.code !== 'commander.help') fail(usageLineOf(error, program), error);
  process.exitCode = error.exitCode;
}

/** Ends the process itself: after a fault half way up, something may still be open and would keep it. */
function fail(line: string, error: unknown): never {
  process.stderr.write(`byom: ${line}\n`);
  if (process.env['BYOM_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
