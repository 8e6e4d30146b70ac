import type { Command } from 'commander';
import { collect, given, take } from '../api-command.ts';
import { printOne, printOutcome, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { findOne, writeOver } from '../write-over.ts';

interface Options {
  readonly json?: true;
}

interface PutOptions extends Options {
  readonly name?: string;
  readonly engineQueue?: readonly string[];
  readonly dryRun?: true;
}

export function addOrgsCommands(program: Command): void {
  const orgs = program.command('orgs').description('Organizations, which whoever runs the platform makes.');
  orgs
    .command('list')
    .description('every organization')
    .option('--json', 'JSON instead of text')
    .action(async ({ json }: Options) => {
      const api = await reachApi();
      const columns = {
        org: (row: Organization) => row.org,
        name: (row: Organization) => row.name,
        'engine queues': (row: Organization) => row.engineQueues.join(', '),
      };
      printRows(await take(api.orgs.list()), columns, json === true);
    });
  orgs
    .command('get <org>')
    .description('one organization')
    .option('--json', 'JSON instead of text')
    .action(async (org: string, { json }: Options) => {
      printOne((await (await reachApi()).orgs.get(org)).body, json === true);
    });
  orgs
    .command('put <org>')
    .description('make an organization, or change what is named of it')
    .option('--name <text>', 'what it is called; its id unless said')
    .option('--engine-queue <queue>', 'a task queue of its engines, or `*`; may be repeated', collect)
    .option('--json', 'JSON instead of text')
    .option('--dry-run', 'say what it would do, and do nothing')
    .action(putCommand);
}

interface Organization {
  readonly org: string;
  readonly name: string;
  readonly engineQueues: readonly string[];
}

async function putCommand(org: string, options: PutOptions): Promise<void> {
  const { orgs } = await reachApi();
  const found = await findOne(() => orgs.get(org));
  const { name, engineQueues } = found?.body ?? { name: org, engineQueues: [] };
  const named = given({ name: options.name, engineQueues: options.engineQueue });
  const body = { name, engineQueues, ...named } as { name: string; engineQueues: string[] };
  const { dryRun, json } = options;
  const put = await writeOver(
    () => orgs.get(org),
    (ifMatch) => orgs.put(org, body, { ifMatch, dryRun }),
  );
  printOutcome(`Organization ${org}`, put, json === true);
}
