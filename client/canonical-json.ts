import { createHash } from 'node:crypto';

/**
 * JSON with one spelling per value (RFC 8785): members sorted by UTF-16 code units, numbers and strings as ECMAScript
 * writes them. Throws a `TypeError` for what JSON cannot hold, a lone surrogate included.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return stringText(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') return objectText(value);
  throw new TypeError(`JSON cannot hold a ${typeof value}.`);
}

/** SHA-256 of a value's canonical JSON, base64url. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}

function objectText(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${stringText(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('JSON cannot hold a number that is not finite.');
  return JSON.stringify(value);
}

function stringText(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('JSON cannot hold a lone surrogate.');
  return JSON.stringify(value);
}
