import type { Condition } from './pipe-definition.ts';

type Test = (actual: unknown, expected: string, now: Date) => boolean;

/** The operations of a condition. Dates are judged in UTC; weeks begin on Monday. */
const operations: Readonly<Record<string, Test>> = {
  equals: (actual, expected) => textOf(actual) === expected,
  not_equals: (actual, expected) => textOf(actual) !== expected,
  present: (actual) => textOf(actual) !== '',
  blank: (actual) => textOf(actual) === '',
  string_contains: (actual, expected) => textOf(actual).includes(expected),
  string_not_contains: (actual, expected) => !textOf(actual).includes(expected),
  number_greater_than: (actual, expected) => numberOf(actual) > numberOf(expected),
  number_less_than: (actual, expected) => numberOf(actual) < numberOf(expected),
  date_is: (actual, expected) => isWithin(actual, dayOf(expected)),
  date_is_after: (actual, expected) => instantOf(actual) >= endOf(dayOf(expected)),
  date_is_before: (actual, expected) => instantOf(actual) < startOf(dayOf(expected)),
  date_is_today: (actual, _, now) => isWithin(actual, days(now, 0, 1)),
  date_is_yesterday: (actual, _, now) => isWithin(actual, days(now, -1, 1)),
  date_in_current_week: (actual, _, now) => isWithin(actual, weeks(now, 0)),
  date_in_last_week: (actual, _, now) => isWithin(actual, weeks(now, -1)),
  date_in_current_month: (actual, _, now) => isWithin(actual, months(now, 0)),
  date_in_last_month: (actual, _, now) => isWithin(actual, months(now, -1)),
  date_in_current_year: (actual, _, now) => isWithin(actual, years(now, 0)),
  date_in_last_year: (actual, _, now) => isWithin(actual, years(now, -1)),
};

/** What this engine cannot evaluate about a condition, as one sentence; null when it can. Asked when a pipe is installed. */
export function findConditionFault(condition: Condition): string | null {
  const ids = new Set(condition.expressions.map((one) => String(one.structure_id)));
  const unknown = condition.expressions_structure.flat().find((id) => !ids.has(String(id)));
  if (unknown !== undefined) return `expressions_structure names ${unknown}, which is no expression`;
  for (const { field_address: address, operation } of condition.expressions) {
    if (operation === '' && address === '') continue;
    if (!Object.hasOwn(operations, operation)) return `operation ${operation} is not known`;
    if (!/^\d+$/.test(address)) return `field_address ${address} is no field of the card itself`;
  }
  return null;
}

/** Does the card meet the condition? Without one it does. */
export function conditionHolds(
  condition: Condition | undefined,
  fields: Readonly<Record<string, unknown>>,
  now: Date,
): boolean {
  if (condition === undefined) return true;
  const holds = new Map(
    condition.expressions.map((one) => {
      // The API sends one empty expression where there is no condition.
      const empty = one.operation === '' && one.field_address === '';
      const test = operations[one.operation];
      const held = empty || test?.(fields[one.field_address], one.value ?? '', now) === true;
      return [String(one.structure_id), held];
    }),
  );
  return condition.expressions_structure.every((any) => any.some((id) => holds.get(String(id)) === true));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'string' ? value.trim() : JSON.stringify(value);
}

/** NaN where there is no number, and no comparison holds for NaN. */
function numberOf(value: unknown): number {
  const text = textOf(value);
  return text === '' ? Number.NaN : Number(text);
}

function instantOf(value: unknown): number {
  return Date.parse(textOf(value));
}

/** A stretch of time in milliseconds since the epoch, its end excluded. */
type Span = readonly [start: number, end: number];

const startOf = (span: Span) => span[0];
const endOf = (span: Span) => span[1];
const dayMs = 86_400_000;

function isWithin(value: unknown, [start, end]: Span): boolean {
  const instant = instantOf(value);
  return instant >= start && instant < end;
}

function dayOf(value: string): Span {
  const instant = instantOf(value);
  return Number.isNaN(instant) ? [Number.NaN, Number.NaN] : days(new Date(instant), 0, 1);
}

function days(now: Date, offset: number, count: number): Span {
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + offset);
  return [start, start + count * dayMs];
}

function weeks(now: Date, offset: number): Span {
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return days(now, offset * 7 - sinceMonday, 7);
}

function months(now: Date, offset: number): Span {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth() + offset];
  return [Date.UTC(year, month), Date.UTC(year, month + 1)];
}

function years(now: Date, offset: number): Span {
  const year = now.getUTCFullYear() + offset;
  return [Date.UTC(year, 0), Date.UTC(year + 1, 0)];
}
