import type { Command } from 'commander';
import type { ApiClient } from '../../api/index.ts';
import { addRead, given, take } from '../api-command.ts';
import type { ApiOptions } from '../api-command.ts';
import { printOne, printRows, printText } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readObject, readWhole, runHint } from '../read-input.ts';

const filters = {
  status: 'running, completed, partial, failed or aborted',
  pipe: 'of this pipe',
  behavior: 'of this Behavior',
  provider: 'answered by this provider',
  model: 'answered by this model',
  layer: 'behavior, organization or platform',
  error: 'failed with this type, such as model.unauthorized',
  from: 'started at or after this time, such as 2026-01-31T00:00:00Z',
  to: 'started before this time',
} as const;

type ListOptions = ApiOptions & { readonly [Name in keyof typeof filters]?: string } & {
  readonly limit: string;
};

export function addRunsCommands(program: Command): void {
  const runs = program.command('runs').description('What ran, which model answered, and why.');
  const list = addRead(runs, 'list', 'runs, newest first').option('--limit <number>', 'at most', '50');
  for (const [name, what] of Object.entries(filters)) list.option(`--${name} <value>`, what);
  list.action(listCommand);
  addRead(runs, 'get <workflow-id>', 'one run with its outcome and every call').action(getCommand);
  addRead(runs, 'start', 'start a run; the same event twice is the same run')
    .requiredOption('--input <file.json>', 'the run as JSON (docs/run.v1.schema.json), `-` for stdin')
    .action(async ({ org, json, input }: ApiOptions & { readonly input: string }) => {
      const run = readObject('--input', input, runHint);
      // Whether it is one is for the API to say, which knows every rule.
      const { body } = await (await reachApi()).runs.start(org, run as never);
      printOne(body ?? {}, json === true);
    });
  addRead(runs, 'abort <workflow-id>', 'stop a run and take its actions back')
    .requiredOption('--reason <text>', 'why; it stands in the outcome')
    .action(async (id: string, { org, json, reason }: ApiOptions & { readonly reason: string }) =>
      printOne((await (await reachApi()).runs.abort(org, id, reason)).body ?? {}, json === true),
    );
}

async function listCommand({ org, json, limit, ...asked }: ListOptions): Promise<void> {
  const { runs } = await reachApi();
  const rows = await take(runs.list(org, given(asked) as never), readWhole('--limit', limit));
  type Row = (typeof rows)[number];
  const columns = {
    'workflow id': (row: Row) => row.workflowId,
    status: (row: Row) => row.status,
    layer: (row: Row) => row.answeredBy?.layer,
    model: (row: Row) => row.answeredBy?.model,
    why: (row: Row) => row.failure?.type ?? row.reason,
    cost: (row: Row) => row.cost && `${row.cost.amount} ${row.cost.currency}`,
    started: (row: Row) => row.startedAt,
  };
  printRows(rows, columns, json === true);
}

async function getCommand(id: string, { org, json }: ApiOptions): Promise<void> {
  const { body } = await (await reachApi()).runs.get(org, id);
  if (json === true) {
    printOne(body, true);
    return;
  }
  const { workflowId, status, outcome, attempts } = body;
  const { answeredBy, reason, failure, text, summary, actions = [] } = outcome ?? {};
  const { model, provider, layer } = answeredBy ?? {};
  printOne({ workflowId, status, model, provider, layer, reason, failure: failure?.type }, false);
  printText(text ?? summary ?? '');
  printActions(actions);
  process.stdout.write('\ncalls\n');
  type Row = (typeof attempts)[number];
  const columns = {
    call: (row: Row) => row.call,
    layer: (row: Row) => row.layer,
    model: (row: Row) => row.model,
    why: (row: Row) => row.reason,
    state: (row: Row) => row.failure ?? row.state,
    'tokens in': (row: Row) => row.inputTokens,
    'tokens out': (row: Row) => row.outputTokens,
    cost: (row: Row) => row.cost,
  };
  printRows(attempts, columns, false);
}

type Outcome = NonNullable<Awaited<ReturnType<ApiClient['runs']['get']>>['body']['outcome']>;

function printActions(actions: Outcome['actions']): void {
  if (actions.length === 0) return;
  process.stdout.write('\nactions\n');
  type Row = (typeof actions)[number];
  const columns = {
    action: (row: Row) => row.referenceId,
    type: (row: Row) => row.actionType,
    status: (row: Row) => row.status,
  };
  printRows(actions, columns, false);
}
