import { asObject, type Json } from './wire.ts';

/**
 * Keywords that Gemini's `responseJsonSchema` knows, by what they hold (read in the reference of GenerationConfig, 2026-11-24).
 * Whatever else a schema says is not sent; the answer is checked against all of it.
 */
const plain = new Set(
  '$id $ref $anchor type title description enum minItems maxItems minimum maximum required'.split(' '),
);
const ofSchemas = new Set(['items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties']);
const ofNamedSchemas = new Set(['properties', '$defs']);

/** The part of a JSON Schema that Gemini takes: no `$schema`, no formats; `const` becomes an `enum` of one. */
export function toGeminiSchema(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).flatMap(toGeminiKeyword));
}

function toGeminiKeyword([keyword, value]: readonly [string, unknown]): readonly (readonly [
  string,
  unknown,
])[] {
  if (keyword === 'const') return [['enum', [value]]];
  if (plain.has(keyword)) return [[keyword, value]];
  if (ofSchemas.has(keyword)) return [[keyword, toSubschemas(value)]];
  if (!ofNamedSchemas.has(keyword)) return [];
  const named = Object.entries(asObject(value) ?? {});
  return [[keyword, Object.fromEntries(named.map(([name, one]) => [name, toSubschemas(one)]))]];
}

/** One schema, a list of them, or `true` and `false`, which are schemas too. */
function toSubschemas(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSubschemas);
  const schema = asObject(value);
  return schema === null ? value : toGeminiSchema(schema);
}
