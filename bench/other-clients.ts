import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import { OpenAI } from 'openai';
import { apiKey } from './organizations.ts';
import { maxOutputTokens, prompt, upstreamId } from './vendor-calls.ts';
import type { Call } from './vendor-calls.ts';

const [{ text }] = prompt.turns;
const { system } = prompt;

/** The same call of Chat Completions through what others use, in the way their own pages show, with one client for all. */
export const otherClients: Readonly<Record<string, (baseURL: string, streaming: boolean) => Call>> = {
  'openai package': (baseURL, streaming) => {
    const { completions } = new OpenAI({ baseURL, apiKey, maxRetries: 0 }).chat;
    const asked = {
      model: upstreamId,
      max_tokens: maxOutputTokens,
      messages: [
        { role: 'system' as const, content: system },
        { role: 'user' as const, content: text },
      ],
    };
    return async () => {
      if (!streaming) return said((await completions.create(asked)).choices[0]?.message.content);
      let answer = '';
      for await (const { choices } of await completions.create({ ...asked, stream: true })) {
        answer += choices[0]?.delta.content ?? '';
      }
      said(answer);
    };
  },
  'AI SDK': (baseURL, streaming) => {
    const model = createOpenAI({ baseURL, apiKey }).chat(upstreamId);
    const asked = { model, system, prompt: text, maxOutputTokens, maxRetries: 0 };
    return async () => said(await (streaming ? streamText(asked).text : (await generateText(asked)).text));
  },
};

function said(answer: string | null | undefined): void {
  if (!answer) throw new Error('A client read no text in an answer.');
}
