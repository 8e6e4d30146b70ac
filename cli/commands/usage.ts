import type { Command } from 'commander';
import { addRead } from '../api-command.ts';
import type { ApiOptions } from '../api-command.ts';
import { printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';

interface Options extends ApiOptions {
  readonly from?: string;
  readonly to?: string;
  readonly pipe?: string;
  readonly model?: string;
}

export function addUsageCommand(program: Command): void {
  addRead(program, 'usage', 'Calls, tokens and cost per day, Behavior and model; of 30 days unless said.')
    .option('--from <day>', 'from this UTC day on, such as 2026-01-31')
    .option('--to <day>', 'up to this day, which is not in it any more')
    .option('--pipe <id>', 'of this pipe only')
    .option('--model <model>', 'of this model only')
    .action(usageCommand);
}

async function usageCommand({ org, json, from, to, pipe, model }: Options): Promise<void> {
  const { items } = (await (await reachApi()).usage.get(org, { from, to, pipe, model })).body;
  type Row = (typeof items)[number];
  const columns = {
    day: (row: Row) => row.day,
    pipe: (row: Row) => row.pipe,
    behavior: (row: Row) => row.behavior,
    layer: (row: Row) => row.layer,
    model: (row: Row) => row.model,
    calls: (row: Row) => row.calls,
    answered: (row: Row) => row.answered,
    'tokens in': (row: Row) => row.inputTokens,
    'tokens out': (row: Row) => row.outputTokens,
    cost: (row: Row) => row.cost && `${row.cost} ${row.currency}`,
  };
  printRows(items, columns, json === true);
}
