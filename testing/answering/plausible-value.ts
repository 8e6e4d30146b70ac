import type { WantedField } from './read-behavior.ts';
import { asRecord } from '../wire/wire.ts';

/** A value that fits the type of a field, for prompts that no rule knows. */
export function plausibleValue({ label, type, options = [] }: WantedField): unknown {
  const [option = 'Sandbox value'] = options;
  if (type === 'number') return 1;
  if (type === 'checkbox') return true;
  if (type === 'date') return '2026-01-15';
  if (type === 'datetime') return '2026-01-15T09:00:00Z';
  if (type === 'email') return 'someone@example.com';
  if (type.startsWith('checklist')) return [option];
  return options.length > 0 ? option : `Sandbox value of ${label}`;
}

/** The simplest value that satisfies a JSON Schema of the portable subset: what a model may answer to any schema. */
export function plausibleJson(schema: unknown): unknown {
  const { type, enum: allowed, anyOf, items, properties, required } = asRecord(schema);
  if (Array.isArray(allowed)) return allowed[0];
  if (Array.isArray(anyOf)) return plausibleJson(anyOf[0]);
  switch (type) {
    case 'object': {
      const wanted = Array.isArray(required) ? required.map(String) : Object.keys(asRecord(properties));
      return Object.fromEntries(wanted.map((key) => [key, plausibleJson(asRecord(properties)[key])]));
    }
    case 'array':
      return [plausibleJson(items)];
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    default:
      return 'Sandbox value';
  }
}
