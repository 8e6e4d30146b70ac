import type { Compared } from './statistics.ts';

/** One line of the result. */
export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 'runs/s' | 'requests/s' | 'MB';
  readonly ours: number;
  /** What was measured in turns with it; null where a number stands alone. */
  readonly beside: { readonly what: string; readonly value: number } | null;
  readonly compared: Compared | null;
  /** Null where a figure is only told. */
  readonly target: { readonly text: string; readonly met: boolean } | null;
}

const head = ['', 'ours', 'beside', 'compared (rounds)', 'target', ''] as const;

/** The figures as a table, one line each; a target says whether it was met. */
export function toTable(figures: readonly Figure[]): string {
  const rows = [head, ...figures.map(toRow)];
  const widths = head.map((_name, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

function toRow({ what, unit, ours, beside, compared, target }: Figure): readonly string[] {
  return [
    what,
    `${shown(ours)} ${unit}`,
    beside === null ? '' : `${shown(beside.value)} ${unit} ${beside.what}`,
    compared === null ? '' : toText(compared),
    target?.text ?? '',
    target === null ? '' : target.met ? 'met' : 'NOT met',
  ];
}

function toText({ how, value, low, high }: Compared): string {
  const one = (part: number) => (how === 'ratio' ? part.toFixed(2) : signed(part));
  return `${one(value)}${how === 'ratio' ? ' ×' : ' ms'} (${one(low)} to ${one(high)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

/** Three figures that count: 0.312, 1.84, 26.6, 1240. */
function shown(value: number): string {
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(3, Math.max(0, 2 - digits)));
}
