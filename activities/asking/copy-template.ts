import { Failure } from '../../contract/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';

/**
 * What a `copy_from` template yields: `%{title}`, `%{created_at|plus:86400}` (seconds), `%{<field id>}`. A template
 * that is one token alone keeps the type of its source; otherwise the parts are put together as text. An empty source
 * is null alone and nothing within text. Throws `run.invalid` for a token without a source, naming it.
 */
export function copyTemplate(run: BehaviorRun, template: string): unknown {
  const tokens = [...template.matchAll(token)];
  const [only] = tokens;
  if (tokens.length === 1 && only !== undefined && only[0] === template) return valueOf(run, only);
  return template.replaceAll(token, (...match) => toText(valueOf(run, match)));
}

const token = /%\{(?:field:)?([^{}|]+)(?:\|plus:(-?\d+))?\}/g;

/** Pipefy's tokens that are not fields; their values come with the card. */
const systemTokens = new Set([
  'finished_at',
  'due_date',
  'created_at',
  'created_by',
  'current_phase',
  'assignees',
  'labels',
  'automation_event_execution_datetime',
]);

function valueOf(run: BehaviorRun, [written, name = '', plus]: readonly string[]): unknown {
  const value = sourceOf(run, name, String(written)) ?? null;
  return plus === undefined || value === null ? value : later(value, Number(plus), String(written));
}

function sourceOf(run: BehaviorRun, name: string, written: string): unknown {
  const { card, event } = run;
  if (name === 'id') return card.id;
  if (name === 'title') return card.title;
  if (systemTokens.has(name)) {
    const known = card.system?.[name];
    return name === 'automation_event_execution_datetime' ? (known ?? event.at) : known;
  }
  const field = card.fields.find(({ id }) => id === name);
  if (field === undefined) {
    throw new Failure(
      'run.invalid',
      `behavior.actions: ${written} names no field of the card; use a field id.`,
    );
  }
  return field.value;
}

/** Moves a time and keeps its precision: a day stays a day. */
function later(value: unknown, seconds: number, written: string): string {
  const source = toText(value);
  // `Date.parse` alone would take the number 42 for a year.
  const moved = new Date(
    /^\d{4}-\d{2}-\d{2}/.test(source) ? Date.parse(source) + seconds * 1000 : Number.NaN,
  );
  if (Number.isNaN(moved.getTime())) {
    throw new Failure('run.invalid', `behavior.actions: ${written} adds to something that is not a date.`);
  }
  const [day = '', time] = moved.toISOString().split('T');
  return source.includes('T') || source.includes(':') ? `${day}T${time?.replace('.000Z', 'Z')}` : day;
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(toText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
