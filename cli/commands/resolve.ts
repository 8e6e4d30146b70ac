import type { Command } from 'commander';
import { addRead, ofBehavior } from '../api-command.ts';
import type { ApiOptions, BehaviorOptions } from '../api-command.ts';
import { printOne, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';

type Options = ApiOptions & BehaviorOptions & { readonly dataClass?: string };

export function addResolveCommand(program: Command): void {
  ofBehavior(addRead(program, 'resolve', 'Say which model would serve a Behavior now, and why.'))
    .option('--data-class <class>', 'the class of data that a run would bring along')
    .action(resolveCommand);
}

async function resolveCommand({ org, json, pipe, behavior, dataClass }: Options): Promise<void> {
  const { body } = await (await reachApi()).resolution.get(org, { pipe, behavior }, { dataClass });
  if (json === true) {
    printOne(body, true);
    return;
  }
  const { skipped, requested, ...answer } = body;
  printOne({ ...answer, requested: requested?.model ?? null }, false);
  if (skipped.length === 0) return;
  process.stdout.write('\nskipped\n');
  const columns = {
    layer: (row: (typeof skipped)[number]) => row.layer,
    model: (row: (typeof skipped)[number]) => row.model,
    why: (row: (typeof skipped)[number]) => row.reason,
  };
  printRows(skipped, columns, false);
}
