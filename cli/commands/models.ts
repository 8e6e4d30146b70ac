import type { Command } from 'commander';
import { addRead, addWrite, given, take } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOne, printOutcome, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readObject } from '../read-input.ts';
import { UserError } from '../user-error.ts';
import { changeWhatIs, writeOver } from '../write-over.ts';

interface PutOptions extends WriteOptions {
  readonly provider?: string;
  readonly upstreamId?: string;
  readonly name?: string;
  readonly fromFile?: string;
}

export function addModelsCommands(program: Command): void {
  const models = program
    .command('models')
    .description('The models of an organization, each of one provider.');
  addRead(models, 'list', 'the models of an organization')
    .option('--provider <provider>', 'of this provider only')
    .action(listCommand);
  addRead(models, 'get <model>', 'one model').action(async (model: string, { org, json }: ApiOptions) =>
    printOne((await (await reachApi()).models.get(org, model)).body, json === true),
  );
  addRead(models, 'dependents <model>', 'what uses a model').action(
    async (model: string, { org, json }: ApiOptions) =>
      printOne((await (await reachApi()).models.dependents(org, model)).body, json === true),
  );
  addWrite(models, 'put <model>', 'make a model, or replace what is said of it')
    .option('--provider <provider>', 'whose it is')
    .option('--upstream-id <id>', 'what the vendor calls it')
    .option('--name <text>', 'what people call it')
    .option('--from-file <file.json>', 'the model as JSON, `-` for stdin; the options above go over it')
    .action(putCommand);
  for (const word of ['enable', 'disable'] as const)
    addWrite(models, `${word} <model>`, `switch a model ${word === 'enable' ? 'on' : 'off'}`).action(
      async (model: string, { org, json, dryRun }: WriteOptions) => {
        const api = (await reachApi()).models;
        const put = await changeWhatIs(
          () => api.get(org, model),
          (ifMatch) => api[word](org, model, { ifMatch, dryRun }),
        );
        printOutcome(`Model ${model}`, put, json === true);
      },
    );
  addWrite(models, 'replace <model>', 'let another model take its place everywhere')
    .requiredOption('--by <model>', 'the other one')
    .action(replaceCommand);
  addWrite(models, 'delete <model>', 'delete a model that nothing uses')
    .option('--unassign', 'also one that is used: its Behaviors fall to the default')
    .action(async (model: string, options: WriteOptions & { readonly unassign?: true }) => {
      const { org, json, dryRun, unassign } = options;
      const api = (await reachApi()).models;
      const { etag } = await api.get(org, model);
      const gone = await api.delete(org, model, { ifMatch: etag ?? '*', dryRun, unassign });
      printGone(`Model ${model}`, gone, json === true);
    });
}

async function listCommand({
  org,
  json,
  provider,
}: ApiOptions & { readonly provider?: string }): Promise<void> {
  const rows = await take((await reachApi()).models.list(org, { provider }));
  type Row = (typeof rows)[number];
  const columns = {
    model: (row: Row) => row.model,
    provider: (row: Row) => row.provider,
    'upstream id': (row: Row) => row.upstreamId,
    'price in': (row: Row) => row.price?.input,
    'price out': (row: Row) => row.price?.output,
    enabled: (row: Row) => (row.enabled ? 'yes' : 'no'),
  };
  printRows(rows, columns, json === true);
}

async function putCommand(model: string, options: PutOptions): Promise<void> {
  const { org, json, dryRun, provider, upstreamId, name, fromFile } = options;
  const file = fromFile === undefined ? {} : readObject('--from-file', fromFile);
  const body = { ...file, ...given({ provider, upstreamId, name }) } as Record<string, unknown>;
  if (body['provider'] === undefined || body['upstreamId'] === undefined)
    throw new UserError(
      '--provider and --upstream-id: say whose model it is and what it is called there, or give --from-file.',
    );
  const api = (await reachApi()).models;
  const put = await writeOver(
    () => api.get(org, model),
    (ifMatch) => api.put(org, model, body as never, { ifMatch, dryRun }),
  );
  printOutcome(`Model ${model}`, put, json === true);
}

async function replaceCommand(model: string, options: WriteOptions & { readonly by: string }): Promise<void> {
  const { org, json, dryRun, by } = options;
  const api = (await reachApi()).models;
  const { etag } = await api.get(org, model);
  const { body, dryRun: wouldDo } = await api.replace(org, model, by, { ifMatch: etag ?? '*', dryRun });
  if (json === true) process.stdout.write(`${JSON.stringify(wouldDo ?? body)}\n`);
  else if (wouldDo === null)
    process.stdout.write(`${by} takes the place of ${model} in ${body?.moved ?? 0} places.\n`);
  else process.stdout.write(`${by} would take the place of ${model}.\n`);
}
