import type { Command } from 'commander';
import { addRead, addWrite, ofBehavior, take } from '../api-command.ts';
import type { ApiOptions, BehaviorOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOutcome, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { writeOver } from '../write-over.ts';

interface ListOptions extends ApiOptions {
  readonly pipe?: string;
  readonly model?: string;
}

export function addAssignCommands(program: Command): void {
  const assign = program.command('assign').description('Which model serves which Behavior.');
  addRead(assign, 'list', 'every assignment, with the model that answered last')
    .option('--pipe <id>', 'of this pipe only')
    .option('--model <model>', 'of this model only')
    .action(listCommand);
  ofBehavior(addWrite(assign, 'set <model>', 'assign a model, or platform/<model>')).action(
    async (model: string, { org, pipe, behavior, json, dryRun }: WriteOptions & BehaviorOptions) => {
      const api = (await reachApi()).assignments;
      const place = { pipe, behavior };
      const put = await writeOver(
        () => api.get(org, place),
        (ifMatch) => api.put(org, place, model, { ifMatch, dryRun }),
      );
      printOutcome(`The assignment of ${behavior}`, put, json === true);
    },
  );
  ofBehavior(addWrite(assign, 'clear', 'let a Behavior use the default again')).action(
    async ({ org, pipe, behavior, json, dryRun }: WriteOptions & BehaviorOptions) => {
      const api = (await reachApi()).assignments;
      const place = { pipe, behavior };
      const { etag } = await api.get(org, place);
      const gone = await api.delete(org, place, { ifMatch: etag ?? '*', dryRun });
      printGone(`The assignment of ${behavior}`, gone, json === true);
    },
  );
}

async function listCommand({ org, json, pipe, model }: ListOptions): Promise<void> {
  const rows = await take((await reachApi()).assignments.list(org, { pipe, model }));
  type Row = (typeof rows)[number];
  const columns = {
    pipe: (row: Row) => row.pipe,
    behavior: (row: Row) => row.behavior,
    model: (row: Row) => row.model,
    enabled: (row: Row) => (row.modelEnabled === false ? 'no' : 'yes'),
    'answered last': (row: Row) => row.lastAnsweredBy?.model,
    layer: (row: Row) => row.lastAnsweredBy?.layer,
    at: (row: Row) => row.lastAnsweredBy?.at,
  };
  printRows(rows, columns, json === true);
}
