import type { Written } from '../api/index.ts';
import type { Outcome } from './write-over.ts';

/** As a cell of a table shows it. What others have named shall not steer the terminal. */
function toCell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.replaceAll(/\p{Cc}/gu, '�');
}

/** What a model wrote, below an empty line; its own lines stay. */
export function printText(text: string): void {
  const lines = text.split(/\r?\n/).map((line) => line.replaceAll('\t', '  ').replaceAll(/\p{Cc}/gu, '�'));
  if (text !== '') process.stdout.write(`\n${lines.join('\n')}\n`);
}

/** A table of the named columns, or JSON of the whole rows. */
export function printRows<Row extends object>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => unknown>>,
  json: boolean,
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const names = Object.keys(columns);
  const cells = rows.map((row) => names.map((name) => toCell(columns[name]?.(row))));
  const widths = names.map((name, at) =>
    Math.max(name.length, ...cells.map((row) => (row[at] ?? '').length)),
  );
  for (const row of [names, ...cells]) {
    const line = row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

/** One thing, a line for each of its fields. */
export function printOne(value: object, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(value)}\n`);
    return;
  }
  const fields = Object.entries(value);
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  for (const [name, field] of fields) process.stdout.write(`${name.padEnd(width)}  ${toCell(field)}\n`);
}

const would = { created: 'would be created', changed: 'would be changed', unchanged: 'would stay as it is' };

/** What a write did to `what`, or with `--dry-run` would do. */
export function printOutcome(
  what: string,
  { outcome, written }: { readonly outcome: Outcome; readonly written: Written<unknown> },
  json: boolean,
): void {
  const { body, etag, dryRun } = written;
  if (json) {
    process.stdout.write(`${JSON.stringify(dryRun ?? { outcome, etag, body })}\n`);
    return;
  }
  process.stdout.write(`${toCell(what)} ${dryRun === null ? `is ${outcome}` : would[outcome]}.\n`);
  for (const warning of dryRun?.warnings ?? []) process.stdout.write(`  ${toCell(warning)}\n`);
}

/** The same for what takes something away. */
export function printGone(what: string, { dryRun }: Written<unknown>, json: boolean): void {
  const gone = dryRun === null ? 'is gone' : 'would be gone';
  process.stdout.write(json ? `${JSON.stringify(dryRun ?? { gone: true })}\n` : `${toCell(what)} ${gone}.\n`);
}
