import type { Command } from 'commander';
import { addRead, addWrite, collect, given, take } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readWhole } from '../read-input.ts';

interface MakeOptions extends WriteOptions {
  readonly name: string;
  readonly role: string;
  readonly pipe?: readonly string[];
  readonly forOrg?: readonly string[];
  readonly days: string;
}

/** Through the API, where `bootstrap` needs the database as its owner. */
export function addServiceTokenCommands(tokens: Command): void {
  addRead(tokens, 'list', 'the service tokens of an organization; never the tokens themselves').action(
    listCommand,
  );
  addWrite(tokens, 'make', 'make a service token; it is shown once')
    .requiredOption('--name <text>', 'what it is for')
    .requiredOption('--role <role>', 'org-admin, pipe-admin, operator, viewer or engine')
    .option('--pipe <id>', 'for a pipe-admin, one of its pipes; may be repeated', collect)
    .option('--for-org <id>', 'for an engine of the platform, one of its organizations', collect)
    .option('--days <number>', 'how long it is good for', '90')
    .action(makeCommand);
  addWrite(tokens, 'revoke <id>', 'revoke a service token at once').action(
    async (id: string, { org, json, dryRun }: WriteOptions) =>
      printGone(`Token ${id}`, await (await reachApi()).tokens.revoke(org, id, { dryRun }), json === true),
  );
}

async function listCommand({ org, json }: ApiOptions): Promise<void> {
  const rows = await take((await reachApi()).tokens.list(org));
  type Row = (typeof rows)[number];
  const columns = {
    id: (row: Row) => row.id,
    name: (row: Row) => row.name,
    role: (row: Row) => row.role,
    pipes: (row: Row) => row.pipes?.join(', '),
    expires: (row: Row) => row.expiresAt,
    revoked: (row: Row) => row.revokedAt,
  };
  printRows(rows, columns, json === true);
}

/** On stdout the token alone, so that it can be kept without being looked at. */
async function makeCommand({ org, json, dryRun, ...options }: MakeOptions): Promise<void> {
  const { name, role, pipe, forOrg, days } = options;
  const body = {
    name,
    role,
    expiresInDays: readWhole('--days', days),
    ...given({ pipes: pipe, orgs: forOrg }),
  };
  const { body: made, dryRun: wouldDo } = await (
    await reachApi()
  ).tokens.make(org, body as never, { dryRun });
  if (json === true) process.stdout.write(`${JSON.stringify(wouldDo ?? made)}\n`);
  else if (made === null) process.stdout.write(`A token for ${role} would be made.\n`);
  else {
    process.stderr.write(
      `# ${role} of ${org} until ${made.expiresAt}: ${made.id}. It is shown this once; keep it secret.\n`,
    );
    process.stdout.write(`${made.token}\n`);
  }
}
