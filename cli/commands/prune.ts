import type { Command } from 'commander';
import type { PrunedOrganization } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase, checkVersion } from '../reach-database.ts';
import { readWhole } from '../read-input.ts';

/** As typed. */
interface PruneOptions {
  readonly org?: string;
  readonly attemptsDays: string;
  readonly runsDays: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const daysMost = 99_999;

const afterHelp = `
Calls and runs of a run without an outcome on record stay, however old. Answers and idempotency keys go after a day,
tests of providers after 30 days (a secret that came with one after an hour), and a replaced credential is wiped
after a quarter of an hour; workers delete answers, tests and keys themselves. A run whose row is gone can run again
for the same event once Temporal's retention is over, and usage no longer counts calls that are gone.
The audit has a command of its own: \`byom audit prune\`.`;

export function addPruneCommand(program: Command, loadConfig: () => Promise<Config>): void {
  program
    .command('prune')
    .description('Delete calls, runs and what belonged to them when nobody needs them any more.')
    .option('--org <id>', 'this organization only')
    .option('--attempts-days <number>', 'calls older than this go', '400')
    .option('--runs-days <number>', 'runs that ended longer ago than this go', '400')
    .option('--dry-run', 'count what would go, and delete nothing')
    .option('--json', 'one line of JSON per organization')
    .addHelpText('after', afterHelp)
    .action(async (options: PruneOptions) => pruneCommand(options, await loadConfig()));
}

async function pruneCommand(options: PruneOptions, config: Config): Promise<void> {
  const { org = null, dryRun = false, json = false } = options;
  const attemptsDays = readWhole('--attempts-days', options.attemptsDays, daysMost);
  const runsDays = readWhole('--runs-days', options.runsDays, daysMost);
  const database = config.maintenance();
  await (database.role === null ? checkVersion(database) : checkDatabase(database));
  const { pruneRegistry } = await import('../../registry/index.ts');
  for await (const pruned of pruneRegistry(database.url, { org, attemptsDays, runsDays, dryRun }))
    process.stdout.write(json ? `${JSON.stringify({ ...pruned, dryRun })}\n` : `${lineOf(pruned, dryRun)}\n`);
}

function lineOf(pruned: PrunedOrganization, dryRun: boolean): string {
  const { org, attempts, runs, answers, tests, idempotencyKeys, testSecrets, credentials } = pruned;
  const gone = `${attempts} calls, ${runs} runs, ${answers} answers, ${tests} tests and ${idempotencyKeys} idempotency keys`;
  const wiped = `${testSecrets} secrets of tests and ${credentials} replaced credentials`;
  return dryRun
    ? `${org}: ${gone} would be deleted; ${wiped} would be wiped.`
    : `${org}: ${gone} deleted; ${wiped} wiped.`;
}
