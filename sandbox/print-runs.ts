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
  readonly calls: string;
  readonly actions: string;
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
      calls: hops.map(({ model, calls }) => `${model}×${calls}`).join(' ') || '0',
      actions:
        (outcome?.actions ?? []).map(({ actionType, status }) => `${actionType} ${status}`).join(', ') ||
        'none',
      tokens: usage ? `${usage.inputTokens ?? '?'}+${usage.outputTokens ?? '?'}` : '-',
      cost: cost ? `${Number(cost.amount).toFixed(6)} ${cost.currency}` : '-',
      took: `${hops.reduce((sum, { durationMs }) => sum + durationMs, 0)} ms`,
    };
  });
}

const columns = ['behavior', 'layer', 'model', 'why', 'calls', 'tokens', 'cost', 'took', 'status'] as const;
const widths: Readonly<Record<(typeof columns)[number], number>> = {
  behavior: 24,
  layer: 13,
  model: 17,
  why: 23,
  calls: 24,
  tokens: 9,
  cost: 14,
  took: 8,
  status: 10,
};

export function printRuns(say: (line: string) => void, runs: readonly EngineRun[], useCase: UseCase): void {
  for (const row of runTable(runs, useCase)) {
    say(
      `    ${columns
        .map((name) => row[name].padEnd(widths[name]))
        .join(' ')
        .trimEnd()}`,
    );
    say(`      card ${row.card}: ${row.actions}`);
  }
}
