import { openaiWords } from './errors/openai-words.ts';
import { fetchList, textIn } from './fetch-list.ts';
import type { ListedModel, Reach } from './vendor.ts';
import { asList } from './wire/wire.ts';

/** `GET /models`, as OpenAI and nearly every server in its format has it (developers.openai.com/docs/api-reference/models/list). */
export function listOpenai(
  reach: Reach,
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly ListedModel[]> {
  const url = `${baseUrl.replace(/\/+$/, '')}/models`;
  return fetchList(reach, { url, headers, words: openaiWords }, (answer) =>
    asList(answer['data']).map((one) => ({ upstreamId: textIn(one, 'id'), name: textIn(one, 'name') })),
  );
}
