import type { EngineRun } from './engine/engine.ts';
import type { UseCase } from './use-cases/use-case.ts';

/** One run as a line of the demo. */
export interface RunRow {
  readonly behavior: string;
  readonly card: string;
  readonly status: string;
  readonly layer: string;
  readonly model: string;
  /** Why this model, or why nobody. */
  readonly why: string;
  /** Which models were called, in this order, and how often. */
  readonly calls: string;
  /** The vendor of the model that answered; empty where nobody did. */
  readonly vendor: string;
  readonly actions: string;
  /** In and out. */
  readonly tokens: string;
  readonly cost: string;
  readonly took: string;
}

export function runTable(runs: readonly EngineRun[], { pipes }: UseCase): readonly RunRow[] {
  const names = new Map(
    pipes.flatMap(({ agents }) =>
      agents.flatMap(({ behaviors }) => behaviors.map(({ id, name }) => [id, name])),
    ),
  );
  return runs.map(({ behavior, card, outcome }) => {
    const hops = outcome?.hops ?? [];
    const { usage, cost } = outcome ?? {};
    return {
      behavior: names.get(behavior) ?? behavior,
      card,
      status: outcome?.status ?? 'running',
      layer: outcome?.answeredBy?.layer ?? '-',
      model: outcome?.answeredBy?.model ?? '-',
      why: outcome?.failure?.type ?? outcome?.reason ?? '-',
      calls: hops.map(({ model, calls }) => `${model} ×${calls}`).join(', then ') || 'nobody',
      vendor: outcome?.answeredBy?.vendor ?? '',
      actions:
        (outcome?.actions ?? []).map(({ actionType, status }) => `${actionType} ${status}`).join(', ') ||
        'nothing done',
      tokens: usage ? `${usage.inputTokens ?? '?'}+${usage.outputTokens ?? '?'}` : '-',
      cost: cost ? `${Number(cost.amount).toFixed(6)} ${cost.currency}` : '-',
      took: `${hops.reduce((sum, { durationMs }) => sum + durationMs, 0)} ms`,
    };
  });
}

/** Each with its heading and width; numbers stand at the right. */
const columns = [
  { name: 'behavior', heading: 'Behavior', width: 23 },
  { name: 'layer', heading: 'layer', width: 12 },
  { name: 'model', heading: 'model', width: 17 },
  { name: 'why', heading: 'why', width: 23 },
  { name: 'tokens', heading: 'tokens', width: 7, right: true },
  { name: 'cost', heading: 'cost', width: 12, right: true },
  { name: 'took', heading: 'took', width: 8, right: true },
  { name: 'status', heading: 'status', width: 9 },
] as const satisfies readonly Column[];

interface Column {
  readonly name: keyof RunRow;
  readonly heading: string;
  readonly width: number;
  readonly right?: true;
}

/** What stands over the columns of `printRuns`. */
export function printHeading(say: (line: string) => void): void {
  say(lineOf(({ heading }) => heading));
}

/** Two lines a run: what became of it, and below it who was called and what was done to the card. */
export function printRuns(say: (line: string) => void, runs: readonly EngineRun[], useCase: UseCase): void {
  for (const row of runTable(runs, useCase)) {
    say(lineOf(({ name }) => row[name]));
    const by = row.vendor === '' ? '' : ` at ${row.vendor}`;
    say(`      card ${row.card}, asked ${row.calls}${by}: ${row.actions}`);
  }
}

function lineOf(textOf: (column: Column) => string): string {
  const cells = columns.map((column: Column) => {
    const text = textOf(column);
    return column.right ? text.padStart(column.width) : text.padEnd(column.width);
  });
  return `    ${cells.join('  ').trimEnd()}`;
}
