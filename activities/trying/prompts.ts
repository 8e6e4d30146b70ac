import type { StructuredOutputMode } from '../../registry/index.ts';
import type { Prompt } from '../../vendors/index.ts';
import { findJson } from '../asking/find-json.ts';

/** Nobody's data: the same few words to every model. */
export const textPrompt: Prompt = {
  system: '',
  turns: [{ by: 'user', text: 'Say that you are ready, in one word.' }],
  answer: { kind: 'text' },
};

export function jsonPrompt(mode: StructuredOutputMode): Prompt {
  return {
    system: '',
    // Said without writing it down: a model that only repeats what it was told must not pass.
    turns: [{ by: 'user', text: 'Answer with a JSON object that has one field, ok, whose value is true.' }],
    answer: { kind: 'json', mode, schema },
  };
}

const schema = {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
  additionalProperties: false,
} as const;

/** Does a text hold what was asked for? */
export function fitsSchema(text: string): boolean {
  const found = findJson(text) as { readonly ok?: unknown } | undefined;
  return typeof found?.ok === 'boolean';
}
