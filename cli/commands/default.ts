import type { Command } from 'commander';
import { addRead, addWrite } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOne, printOutcome } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { writeOver } from '../write-over.ts';

export function addDefaultCommands(program: Command): void {
  const parent = program
    .command('default')
    .description('The one model that serves where nothing is assigned.');
  addRead(parent, 'get', 'the default model').action(async ({ org, json }: ApiOptions) =>
    printOne((await (await reachApi()).defaultModel.get(org)).body, json === true),
  );
  addWrite(parent, 'set <model>', 'choose it: a model, or platform/<model>').action(
    async (model: string, { org, json, dryRun }: WriteOptions) => {
      const api = (await reachApi()).defaultModel;
      const put = await writeOver(
        () => api.get(org),
        (ifMatch) => api.put(org, model, { ifMatch, dryRun }),
      );
      printOutcome(`The default of ${org}`, put, json === true);
    },
  );
  addWrite(parent, 'clear', 'leave the organization without a default').action(
    async ({ org, json, dryRun }: WriteOptions) => {
      const api = (await reachApi()).defaultModel;
      const { etag } = await api.get(org);
      printGone(
        `The default of ${org}`,
        await api.delete(org, { ifMatch: etag ?? '*', dryRun }),
        json === true,
      );
    },
  );
}
