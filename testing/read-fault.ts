import type { Fault, FaultKind, RetryAfterForm } from './faults.ts';
import { asRecord } from './wire/wire.ts';

/** A fault as another process asks for it; undefined where it is none. */
export function readFault(value: unknown): Fault | undefined {
  const fault = asRecord(value);
  const kind = fault['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(required, kind)) return undefined;
  const complete = Object.entries(required[kind as FaultKind]).every(([field, holds]) => holds(fault[field]));
  return complete && optional.every(([field, holds]) => fault[field] === undefined || holds(fault[field]))
    ? (fault as unknown as Fault)
    : undefined;
}

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === 'number' && value >= 0;
const isText: Check = (value) => typeof value === 'string';
const isList: Check = (value) => Array.isArray(value);
const isRetryAfter: Check = (value) =>
  isNumber(asRecord(value)['ms']) && retryAfterForms.some((form) => form === asRecord(value)['form']);

const retryAfterForms: readonly RetryAfterForm[] = ['seconds', 'date', 'milliseconds', 'ratelimit-reset'];

/** What each kind cannot do without. */
const required: Readonly<Record<FaultKind, Readonly<Record<string, Check>>>> = {
  status: { status: isNumber },
  silence: {},
  'refuse-connection': {},
  'slow-first-token': { ms: isNumber },
  stall: { afterTokens: isNumber, ms: isNumber },
  cut: { afterTokens: isNumber },
  'end-without-terminal': {},
  'no-sentinel': {},
  garbage: { form: isText },
  huge: {},
  'empty-choices': {},
  'refuse-mode': { modes: isList },
  'invalid-answer': {},
  'content-filter': {},
  refusal: {},
  truncated: {},
  'require-key': { key: isText },
};

const optional: readonly (readonly [field: string, holds: Check])[] = [
  ['times', isNumber],
  ['at', isNumber],
  ['bytes', isNumber],
  ['retryAfter', isRetryAfter],
];
