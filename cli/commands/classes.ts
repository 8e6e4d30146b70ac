import type { Command } from 'commander';
import { addRead, addWrite, collect, take } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOne, printOutcome, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { writeOver } from '../write-over.ts';

interface PutOptions extends WriteOptions {
  readonly provider?: string[];
  readonly platform?: true;
}

export function addClassesCommands(program: Command): void {
  const classes = program
    .command('classes')
    .description('Classes of data, and the providers that are approved for each.');
  addRead(classes, 'list', 'the classes of an organization').action(listCommand);
  addRead(classes, 'get <class>', 'one class').action(async (name: string, { org, json }: ApiOptions) =>
    printOne((await (await reachApi()).dataClasses.get(org, name)).body, json === true),
  );
  addWrite(classes, 'put <class>', 'make a class, or replace its approvals; who is not named is not approved')
    .option('--provider <provider>', 'an approved provider; may be repeated', collect)
    .option('--platform', "the platform's own models are approved as well")
    .action(putCommand);
  addWrite(classes, 'delete <class>', 'forget a class: its runs are then permitted nowhere').action(
    async (name: string, { org, json, dryRun }: WriteOptions) => {
      const api = (await reachApi()).dataClasses;
      const { etag } = await api.get(org, name);
      const gone = await api.delete(org, name, { ifMatch: etag ?? '*', dryRun });
      printGone(`Class ${name}`, gone, json === true);
    },
  );
}

async function listCommand({ org, json }: ApiOptions): Promise<void> {
  const rows = await take((await reachApi()).dataClasses.list(org));
  type Row = (typeof rows)[number];
  const columns = {
    class: (row: Row) => row.class,
    'approved providers': (row: Row) => row.providers.join(', ') || null,
    platform: (row: Row) => (row.platform ? 'yes' : 'no'),
  };
  printRows(rows, columns, json === true);
}

async function putCommand(name: string, options: PutOptions): Promise<void> {
  const { org, json, dryRun, provider: providers = [], platform = false } = options;
  const api = (await reachApi()).dataClasses;
  const put = await writeOver(
    () => api.get(org, name),
    (ifMatch) => api.put(org, name, { providers, platform }, { ifMatch, dryRun }),
  );
  printOutcome(`Class ${name}`, put, json === true);
}
