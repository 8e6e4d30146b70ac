import type { Usage, VendorReply } from '../../contract/index.ts';
import type { Prompt } from '../vendor.ts';
import { openaiWords } from '../errors/openai-words.ts';
import { reportedToFailure } from '../errors/to-failure.ts';
import {
  asList,
  asObject,
  asText,
  contentFiltered,
  heldList,
  heldObject,
  invalidAnswer,
  usageReader,
  replyOf,
  type Ask,
  type Json,
  type OpenaiWire,
} from './wire.ts';

/** OpenAI's Chat Completions: what every self-hosted server speaks. */
export const openaiChat: OpenaiWire = {
  errors: openaiWords,
  path: '/chat/completions',
  toBody,
  readWhole,
  openStream,
};

function toBody(prompt: Prompt, ask: Ask): Json {
  const system = prompt.system === '' ? [] : [{ role: 'system', content: prompt.system }];
  const turns = prompt.turns.map((turn) => ({
    role: turn.by === 'user' ? 'user' : 'assistant',
    content: turn.text,
  }));
  return {
    model: ask.model,
    messages: [...system, ...turns],
    [ask.maxTokensField]: ask.maxOutputTokens,
    ...toResponseFormat(prompt.answer),
    ...(ask.streaming ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function toResponseFormat(answer: Prompt['answer']): Json {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  if (answer.mode === 'json_object') return { response_format: { type: 'json_object' } };
  const { schema } = answer;
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } };
}

function readWhole(answer: Json): VendorReply {
  const choice = asObject(asList(answer['choices'])[0]);
  const message = asObject(choice?.['message']);
  if (choice === null || message === null) throw invalidAnswer('The vendor sent no choice of an answer.');
  return toReply({
    text: textOf(message['content']),
    refusal: asText(message['refusal']),
    finish: asText(choice['finish_reason']),
    usage: readUsage(answer['usage']),
  });
}

function openStream(): ReturnType<OpenaiWire['openStream']> {
  let [text, refusal, finish] = ['', '', ''];
  let usage: Usage | null = null;
  return {
    take(event) {
      // Usage comes in a chunk of its own after the finish, or grows with every chunk: the last word counts.
      usage = readUsage(event['usage']) ?? usage;
      const choice = heldObject(heldList(event['choices'])[0]);
      if (choice === null) return false;
      const delta = heldObject(choice['delta']) ?? {};
      text += textOf(delta['content']);
      refusal += asText(delta['refusal']);
      finish = asText(choice['finish_reason']) || finish;
      return finish !== '' || Object.keys(delta).some((key) => key !== 'role' && isFilled(delta[key]));
    },
    isComplete: () => finish !== '',
    reply: () => toReply({ text, refusal, finish, usage }),
  };
}

/** Anything that is not empty: text, but also reasoning and tool calls under names of the vendors' own. */
function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== '';
}

interface Said {
  readonly text: string;
  readonly refusal: string;
  readonly finish: string;
  readonly usage: Usage | null;
}

/** The ends of an answer, OpenAI's own and those that compatible servers use instead. */
const ends: Readonly<Record<string, 'stop' | 'length' | 'filtered' | 'broken'>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  content_filter: 'filtered',
  error: 'broken',
};

function toReply({ text, refusal, finish, usage }: Said): VendorReply {
  const end = Object.hasOwn(ends, finish) ? ends[finish] : undefined;
  if (end === 'filtered') throw contentFiltered(usage);
  if (end === 'broken') throw reportedToFailure({ code: 'server_error' }, openaiWords);
  if (end === undefined) throw invalidAnswer('The vendor ended its answer in a way that is none.');
  if (refusal !== '') return { text: refusal, finish: 'refusal', usage };
  return replyOf({ text, finish: end, usage });
}

/** Mostly one string; some servers send parts, of which those of type `text` are the answer and others are thoughts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return heldList(content)
    .map((part) => asObject(part))
    .map((part) => (part?.['type'] === 'text' ? asText(part['text']) : ''))
    .join('');
}

const readUsage = usageReader({
  input: 'prompt_tokens',
  output: 'completion_tokens',
  cached: ['prompt_tokens_details', 'cached_tokens'],
  reasoning: ['completion_tokens_details', 'reasoning_tokens'],
});
