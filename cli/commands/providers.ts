import type { Command } from 'commander';
import { addRead, addWrite, collect, given, take } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOne, printOutcome, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { parseObject, readInput, readObject } from '../read-input.ts';
import { UserError } from '../user-error.ts';
import { changeWhatIs, writeOver } from '../write-over.ts';
import { addProviderTestCommand } from './provider-test.ts';

interface PutOptions extends WriteOptions {
  readonly vendor?: string;
  readonly name?: string;
  readonly set?: readonly string[];
  readonly fromFile?: string;
}

interface CredentialOptions extends WriteOptions {
  readonly fromFile: string;
  readonly compromised?: true;
}

export function addProvidersCommands(program: Command): void {
  const providers = program.command('providers').description("An organization's access to vendors.");
  addRead(providers, 'list', 'the providers of an organization').action(listCommand);
  addRead(providers, 'get <provider>', 'one provider').action(
    async (provider: string, { org, json }: ApiOptions) =>
      printOne((await (await reachApi()).providers.get(org, provider)).body, json === true),
  );
  addWrite(providers, 'put <provider>', 'make a provider, or replace what is said of it')
    .option('--vendor <vendor>', 'openai, azure-openai, google-vertex-ai, …')
    .option('--name <text>', 'what people call it')
    .option('--set <key=value>', 'a setting of the vendor; may be repeated', collect)
    .option('--from-file <file.json>', 'the provider as JSON, `-` for stdin; the options above go over it')
    .action(putCommand);
  for (const word of ['enable', 'disable'] as const)
    addWrite(providers, `${word} <provider>`, `switch a provider ${word === 'enable' ? 'on' : 'off'}`).action(
      async (provider: string, { org, json, dryRun }: WriteOptions) => {
        const api = (await reachApi()).providers;
        const put = await changeWhatIs(
          () => api.get(org, provider),
          (ifMatch) => api[word](org, provider, { ifMatch, dryRun }),
        );
        printOutcome(`Provider ${provider}`, put, json === true);
      },
    );
  addWrite(providers, 'delete <provider>', 'delete a provider that nothing uses').action(
    async (provider: string, { org, json, dryRun }: WriteOptions) => {
      const api = (await reachApi()).providers;
      const { etag } = await api.get(org, provider);
      const gone = await api.delete(org, provider, { ifMatch: etag ?? '*', dryRun });
      printGone(`Provider ${provider}`, gone, json === true);
    },
  );
  addProviderTestCommand(providers);
  addWrite(providers, 'credential <provider>', 'set the credential of a provider')
    .requiredOption('--from-file <file>', 'the secret as JSON, or an API key alone; `-` for stdin')
    .option('--compromised', 'wipe the one before at once')
    .action(credentialCommand);
  addWrite(providers, 'revoke <provider>', 'take the credential of a provider away').action(
    async (provider: string, { org, json, dryRun }: WriteOptions) => {
      const api = (await reachApi()).credentials;
      const { etag } = await api.get(org, provider);
      const gone = await api.delete(org, provider, { ifMatch: etag ?? '*', dryRun });
      printGone(`The credential of ${provider}`, gone, json === true);
    },
  );
}

async function listCommand({ org, json }: ApiOptions): Promise<void> {
  const rows = await take((await reachApi()).providers.list(org));
  type Row = (typeof rows)[number];
  const columns = {
    provider: (row: Row) => row.provider,
    vendor: (row: Row) => row.vendor,
    name: (row: Row) => row.name,
    credential: (row: Row) => row.credential,
    enabled: (row: Row) => (row.enabled ? 'yes' : 'no'),
  };
  printRows(rows, columns, json === true);
}

async function putCommand(provider: string, options: PutOptions): Promise<void> {
  const { org, json, dryRun, vendor, name, set = [], fromFile } = options;
  const file = fromFile === undefined ? {} : readObject('--from-file', fromFile);
  const body: Record<string, unknown> = { ...file, ...given({ vendor, name }) };
  if (set.length > 0) body['settings'] = { ...(body['settings'] as object), ...readSettings(set) };
  if (body['vendor'] === undefined)
    throw new UserError('--vendor: say whose provider it is, or give --from-file.');
  const api = (await reachApi()).providers;
  const put = await writeOver(
    () => api.get(org, provider),
    (ifMatch) => api.put(org, provider, body as never, { ifMatch, dryRun }),
  );
  printOutcome(`Provider ${provider}`, put, json === true);
}

function readSettings(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UserError('--set: <key>=<value>, such as baseUrl=https://llm.example/v1.');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function credentialCommand(provider: string, options: CredentialOptions): Promise<void> {
  const { org, json, dryRun, compromised, fromFile } = options;
  const text = readInput('--from-file', fromFile).trim();
  if (text === '') throw new UserError('--from-file: there is nothing in it.');
  const secret = parseObject(text) ?? { apiKey: text };
  const api = (await reachApi()).credentials;
  const put = await writeOver(
    () => api.get(org, provider),
    (ifMatch) => api.put(org, provider, secret, { ifMatch, dryRun, compromised }),
  );
  printOutcome(`The credential of ${provider}`, put, json === true);
}
