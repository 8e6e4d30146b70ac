import { withinDeadlines, type Watch } from './deadlines.ts';
import { refusalToFailure, toFailure } from './errors/to-failure.ts';
import { parseJson, type ErrorWords } from './errors/vendor-error.ts';
import type { ListedModel, Reach } from './vendor.ts';
import { asObject, asText, invalidAnswer, type Json } from './wire/wire.ts';
import { userAgent } from './user-agent.ts';

const listMax = 1_000;

export interface ListRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly words: ErrorWords;
}

/** One GET for a list of models. No SDK is asked where none has a call for it that its vendor's package brings. */
export function fetchList(
  reach: Reach,
  { url, headers, words }: ListRequest,
  toModels: (answer: Json) => readonly ListedModel[],
): Promise<readonly ListedModel[]> {
  return withinDeadlines(reach, false, async (watch) => {
    const response = await reach
      .fetch(url, {
        headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
        signal: watch.signal,
      })
      .catch((thrown: unknown) => {
        throw toFailure(thrown);
      });
    return toList(toModels(await readList(response, words, watch)));
  });
}

/** Throws `Failure` for a refusal, and for an answer that is no JSON object. */
export async function readList(response: Response, words: ErrorWords, watch: Watch): Promise<Json> {
  watch.answered();
  if (!response.ok) throw await refusalToFailure(response, words, null);
  const answer = asObject(parseJson(await response.text()));
  if (answer === null) throw invalidAnswer('What the vendor sent is no list of models.');
  return answer;
}

/** What can be registered and shown: each id once, short and without characters that nobody can see. */
export function toList(models: readonly ListedModel[]): readonly ListedModel[] {
  const byId = new Map<string, ListedModel>();
  for (const { upstreamId, name = '' } of models) {
    if (!isShown(upstreamId) || byId.has(upstreamId)) continue;
    byId.set(upstreamId, { upstreamId, ...(isShown(name) && name !== upstreamId ? { name } : {}) });
  }
  return [...byId.values()].slice(0, listMax);
}

/** One field of an entry as text; what is missing or of another type is empty, and so not shown. */
export function textIn(entry: unknown, field: string): string {
  return asText(asObject(entry)?.[field]);
}

function isShown(text: string): boolean {
  return /^\P{C}{1,255}$/u.test(text) && text.trim() !== '';
}
