import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JsonSchema } from './answer-schema.ts';

// The schemas are made by us, so checking them again would only cost time.
const ajv = new Ajv({
  allErrors: true,
  validateSchema: false,
  formats: { date: isDate, 'date-time': isDateTime, email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/ },
});

/** Where a value differs from a schema, one line each: the path within the answer, and the rule. */
export function mismatches(schema: JsonSchema, value: unknown, path = ''): readonly string[] {
  const validate = validatorOf(schema);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => toLine(error, path));
}

const validators = new WeakMap<JsonSchema, ValidateFunction>();

function validatorOf(schema: JsonSchema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(schema);
  // Ajv would keep every schema for ever, and most of ours are made for one run.
  ajv.removeSchema(schema);
  validators.set(schema, validate);
  return validate;
}

function toLine({ instancePath, keyword, message, params }: ErrorObject, path: string): string {
  const { additionalProperty, allowedValues } = params as {
    readonly additionalProperty?: string;
    readonly allowedValues?: readonly string[];
  };
  const place = `${path}${instancePath}` || '/';
  if (keyword === 'additionalProperties') return `${place} must not have "${additionalProperty}"`;
  if (keyword === 'enum') return `${place} must be one of: ${allowedValues?.join(', ')}`;
  return `${place} ${message}`;
}

/** A day of the calendar, RFC 3339 full-date. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  // Date rolls the 30th of February over to March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** A moment, RFC 3339 date-time. */
function isDateTime(text: string): boolean {
  const [, day, hour, minute, second] =
    /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  return day !== undefined && isDate(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
}
