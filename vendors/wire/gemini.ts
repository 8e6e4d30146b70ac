import type { GenerateContentConfig, GenerateContentParameters } from '@google/genai';
import type { Usage, VendorReply } from '../../contract/index.ts';
import { googleWords } from '../errors/google-words.ts';
import type { Prompt } from '../vendor.ts';
import { toGeminiSchema } from './gemini-schema.ts';
import {
  asCount,
  asObject,
  asText,
  contentFiltered,
  heldList,
  heldObject,
  heldText,
  invalidAnswer,
  replyOf,
  type Json,
  type StreamReading,
  type Wire,
} from './wire.ts';

/** Google's `generateContent` (docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference). */
export const gemini: Wire = { errors: googleWords, readWhole, openStream };

/** What Google's package makes a request of. */
export function toGeminiRequest(
  prompt: Prompt,
  ask: { readonly model: string; readonly maxOutputTokens: number; readonly signal: AbortSignal },
): GenerateContentParameters {
  return {
    model: ask.model,
    contents: prompt.turns.map(({ by, text }) => ({ role: by, parts: [{ text }] })),
    config: {
      ...(prompt.system === '' ? {} : { systemInstruction: { parts: [{ text: prompt.system }] } }),
      maxOutputTokens: ask.maxOutputTokens,
      ...toResponseFormat(prompt.answer),
      abortSignal: ask.signal,
    },
  };
}

function toResponseFormat(answer: Prompt['answer']): GenerateContentConfig {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  const responseMimeType = 'application/json';
  if (answer.mode === 'json_object') return { responseMimeType };
  return { responseMimeType, responseJsonSchema: toGeminiSchema(answer.schema) };
}

/** An answer in one piece has the shape of a stream's only event. */
function readWhole(answer: Json): VendorReply {
  const reading = openStream();
  reading.take(answer);
  if (!reading.isComplete()) throw invalidAnswer('The vendor sent no finished candidate of an answer.');
  return reading.reply();
}

function openStream(): StreamReading {
  let [text, finish] = ['', ''];
  let blocked = false;
  let usage: Usage | null = null;
  return {
    take(event) {
      // Usage grows from event to event, and some carry nothing else: the last word counts.
      usage = readUsage(event['usageMetadata']) ?? usage;
      blocked ||= isSaid(asObject(event['promptFeedback'])?.['blockReason']);
      const candidate = heldObject(heldList(event['candidates'])[0]);
      const parts = heldList(heldObject(candidate?.['content'])?.['parts']).map(heldObject);
      text += parts.map((part) => (part?.['thought'] === true ? '' : heldText(part?.['text']))).join('');
      if (isSaid(candidate?.['finishReason'])) finish = asText(candidate?.['finishReason']);
      return parts.length > 0 || finish !== '' || blocked;
    },
    isComplete: () => blocked || finish !== '',
    reply() {
      const end = blocked ? 'filtered' : endOf(finish);
      if (end === 'filtered') throw contentFiltered(usage);
      if (end === null) throw invalidAnswer('The vendor ended its answer in a way that is none.');
      return replyOf({ text, finish: end, usage });
    },
  };
}

/** Zero of an enum of Google's is `…_UNSPECIFIED`, and says as little as nothing. */
function isSaid(reason: unknown): boolean {
  return asText(reason) !== '' && !asText(reason).endsWith('_UNSPECIFIED');
}

/** Null where the model stumbled, over a tool that nobody offered or over itself (`OTHER`, `LANGUAGE`, `MALFORMED_…`). */
function endOf(finish: string): 'stop' | 'length' | 'filtered' | null {
  if (finish === 'STOP') return 'stop';
  if (finish === 'MAX_TOKENS') return 'length';
  return /^(SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|MODEL_ARMOR|IMAGE_.+)$/.test(finish)
    ? 'filtered'
    : null;
}

/** `promptTokenCount` has the cached tokens in it; `candidatesTokenCount` leaves out the thoughts. */
function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  const count = (name: string): number | null => asCount(usage?.[name]);
  const inputTokens = sumOf(count('promptTokenCount'), count('toolUsePromptTokenCount'));
  const outputTokens = sumOf(count('candidatesTokenCount'), count('thoughtsTokenCount'));
  if (inputTokens === null && outputTokens === null) return null;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: count('cachedContentTokenCount'),
    reasoningTokens: count('thoughtsTokenCount'),
  };
}

/** Null only where neither is said: Google leaves a zero out. */
function sumOf(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}
