import type { Fault, FaultKind, RetryAfterForm } from './faults.ts';
import { asRecord } from './wire/wire.ts';

/** A fault that no compiler has looked at. Throws one line that names the field, and what it takes. */
export function readFault(value: unknown): Fault {
  const fault = asRecord(value);
  const { kind } = fault;
  if (typeof kind !== 'string' || !Object.hasOwn(fieldsOf, kind))
    throw new Error(`fault.kind: one of ${Object.keys(fieldsOf).join(', ')}.`);
  const fields = { kind: text, times: optional(count), ...fieldsOf[kind as FaultKind] };
  for (const name of Object.keys(fault)) {
    if (!Object.hasOwn(fields, name))
      throw new Error(`fault.${name}: ${kind} takes ${Object.keys(fields).join(', ')}.`);
  }
  for (const [name, { holds, what }] of Object.entries(fields)) {
    if (!holds(fault[name])) throw new Error(`fault.${name}: ${what}.`);
  }
  return fault as unknown as Fault;
}

/** What a field takes, and that in words. */
interface Field {
  readonly what: string;
  holds(value: unknown): boolean;
}

const count: Field = {
  what: 'a number from 0',
  holds: (value) => typeof value === 'number' && value >= 0,
};
const status: Field = {
  what: 'an HTTP status from 200 to 599',
  holds: (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
};
const text: Field = { what: 'text', holds: (value) => typeof value === 'string' };
const anything: Field = { what: 'anything', holds: () => true };
const headers: Field = {
  what: 'an object of texts',
  holds: (value) => isObject(value) && Object.values(value).every(text.holds),
};
const retryAfterForms: readonly RetryAfterForm[] = ['seconds', 'date', 'milliseconds', 'ratelimit-reset'];
const retryAfter: Field = {
  what: `{ ms, form }, with a number and one of ${retryAfterForms.join(', ')}`,
  holds: (value) =>
    count.holds(asRecord(value)['ms']) && oneOf(retryAfterForms).holds(asRecord(value)['form']),
};

function oneOf(words: readonly string[]): Field {
  return { what: `one of ${words.join(', ')}`, holds: (value) => words.some((word) => word === value) };
}

function listOf(words: readonly string[]): Field {
  const { holds } = oneOf(words);
  return {
    what: `a list of ${words.join(', ')}`,
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every(holds),
  };
}

function optional({ what, holds }: Field): Field {
  return { what, holds: (value) => value === undefined || holds(value) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What each kind takes besides `times`. */
const fieldsOf: Readonly<Record<FaultKind, Readonly<Record<string, Field>>>> = {
  status: {
    status,
    code: optional(text),
    retryAfter: optional(retryAfter),
    headers: optional(headers),
    body: anything,
  },
  silence: {},
  'refuse-connection': {},
  'slow-first-token': { ms: count },
  stall: { afterTokens: count, ms: count, afterwards: optional(oneOf(['go-on', 'cut'])) },
  cut: { afterTokens: count },
  'end-without-terminal': {},
  'no-sentinel': {},
  garbage: { form: oneOf(['event', 'text', 'html']), at: optional(count) },
  huge: { bytes: optional(count) },
  'empty-choices': {},
  'refuse-mode': { modes: listOf(['json_schema', 'json_object']) },
  'invalid-answer': {},
  'content-filter': {},
  refusal: {},
  truncated: {},
  'require-key': { key: text },
};
