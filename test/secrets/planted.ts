import { randomInt } from 'node:crypto';
import { createFindLeaks } from './find-leaks.ts';
import type { FindLeaks, Planted } from './find-leaks.ts';

/** What is planted, made anew for each run of the tests: found anywhere else, it can have come from nowhere else. */
export interface PlantedTexts {
  readonly apiKey: string;
  /** One of letters and digits alone, as those of most vendors: it passes where a name, a tag or a path is read. */
  readonly plainKey: string;
  /** Of the roles of Postgres, one that is none, and one that is some role's for a while. */
  readonly passwords: Readonly<Record<Role | 'wrong' | 'changed', string>>;
  /** Parts of what a model is asked. */
  readonly prompt: Readonly<
    Record<'agent' | 'instruction' | 'knowledge' | 'title' | 'field' | 'attachment', string>
  >;
  /** Parts of what it answers. */
  readonly answer: Readonly<Record<'text' | 'field' | 'summary' | 'invalid', string>>;
}

export type Role = 'postgres' | 'byom_owner' | 'byom_api' | 'byom_worker';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Each encoding has something among them that it writes in another way. */
const marks = { ofSecrets: `"'\\/+=&<>@:?#%`, ofTexts: `"'\\/+=&<é漢` };
const length = 40;

export function plantTexts(): PlantedTexts {
  const secret = () => write(marks.ofSecrets);
  const text = () => write(marks.ofTexts);
  return {
    apiKey: secret(),
    plainKey: `sk-${write(letters)}`,
    passwords: {
      postgres: secret(),
      byom_owner: secret(),
      byom_api: secret(),
      byom_worker: secret(),
      wrong: secret(),
      changed: secret(),
    },
    prompt: {
      agent: text(),
      instruction: text(),
      knowledge: text(),
      title: text(),
      field: text(),
      attachment: text(),
    },
    answer: { text: text(), field: text(), summary: text(), invalid: text() },
  };
}

/** Every fifth character is a mark, so that long stretches are hidden by no encoding and every encoding is used. */
function write(among: string): string {
  const pick = (from: readonly string[]) => from[randomInt(from.length)] ?? '';
  return Array.from({ length }, (_, index) => pick([...(index % 5 === 3 ? among : letters)])).join('');
}

/** What a leak is told as: `secret`, `prompt` or `answer`, and which of them. */
export function findLeaksOf(texts: PlantedTexts, rings: Readonly<Record<string, string>>): FindLeaks {
  const named = (kind: string, of: Readonly<Record<string, string>>): Planted[] =>
    Object.entries(of).map(([name, value]) => ({ name: `${kind}: ${name}`, value }));
  return createFindLeaks([
    { name: 'secret: apiKey', value: texts.apiKey },
    { name: 'secret: plainKey', value: texts.plainKey },
    ...named('secret', texts.passwords),
    ...Object.entries(rings).flatMap(([name, ring]) => ringKeys(name, ring)),
    ...named('prompt', texts.prompt),
    ...named('answer', texts.answer),
  ]);
}

/** The key of a ring as the text that it is kept as, and as the bytes that it is used as. */
function ringKeys(name: string, ring: string): Planted[] {
  const encoded = ring.slice(ring.indexOf(':') + 1);
  return [
    { name: `ring: ${name}`, value: encoded },
    { name: `ring: ${name}`, value: Buffer.from(encoded, 'base64url') },
  ];
}
