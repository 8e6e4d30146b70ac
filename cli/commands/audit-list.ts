import type { Command } from 'commander';
import { addRead, take } from '../api-command.ts';
import type { ApiOptions } from '../api-command.ts';
import { printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readWhole } from '../read-input.ts';

interface Options extends ApiOptions {
  readonly limit: string;
  readonly resource?: string;
  readonly actor?: string;
}

/** Through the API, where the other commands of `audit` need the database. */
export function addAuditListCommand(audit: Command): void {
  addRead(audit, 'list', 'who changed what, newest first')
    .option('--limit <number>', 'at most', '50')
    .option('--resource <path>', 'of this only, such as models/gpt-mini')
    .option('--actor <who>', 'by this one only')
    .action(listCommand);
}

async function listCommand({ org, json, limit, resource, actor }: Options): Promise<void> {
  const { audit } = await reachApi();
  const rows = await take(audit.list(org, { resource, actor }), readWhole('--limit', limit));
  type Row = (typeof rows)[number];
  const columns = {
    seq: (row: Row) => row.seq,
    at: (row: Row) => row.at,
    who: (row: Row) => row.actor,
    action: (row: Row) => row.action,
    what: (row: Row) => row.resource,
  };
  printRows(rows, columns, json === true);
}
