import type { IfMatch } from '../registry/index.ts';
import { Problem } from './problem.ts';

/** A strong ETag (RFC 9110 section 8.8.3): the revision in quotes. */
export function toEtag(revision: string): string {
  return `"${revision}"`;
}

/** `If-Match`: a list of our ETags, or `*`. Throws `bad-request` for what is neither; a weak one never matches. */
export function readIfMatch(header: string | null): IfMatch {
  if (header === null || header.trim() === '') return null;
  if (header.trim() === '*') return '*';
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))) {
    throw new Problem(
      'bad-request',
      'If-Match holds no list of ETags. Send the ETag as it came, quotes included.',
    );
  }
  return tags.filter((tag) => !tag.startsWith('W/')).map((tag) => tag.slice(1, -1));
}

/** Whether the caller already has this state (`If-None-Match`), so that a 304 will do. */
export function isKnown(header: string | null, revision: string): boolean {
  if (header === null) return false;
  return header
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === toEtag(revision));
}
