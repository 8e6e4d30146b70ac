import type { VendorReply } from '../../contract/index.ts';
import type { Prompt } from '../vendor.ts';
import { openaiWords } from '../errors/openai-words.ts';
import { reportedToFailure } from '../errors/to-failure.ts';
import {
  asList,
  asObject,
  asText,
  contentFiltered,
  heldText,
  invalidAnswer,
  usageReader,
  replyOf,
  type Ask,
  type Json,
  type OpenaiWire,
} from './wire.ts';

/** OpenAI's Responses: the vendor's own first choice, and the only door to some of its models. */
export const openaiResponses: OpenaiWire = {
  errors: openaiWords,
  path: '/responses',
  toBody,
  readWhole,
  openStream,
};

function toBody(prompt: Prompt, ask: Ask): Json {
  return {
    model: ask.model,
    ...(prompt.system === '' ? {} : { instructions: prompt.system }),
    input: prompt.turns.map((turn) => ({
      role: turn.by === 'user' ? 'user' : 'assistant',
      content: turn.text,
    })),
    max_output_tokens: ask.maxOutputTokens,
    // Left out it means yes: prompt and answer would be kept for 30 days.
    store: false,
    ...toTextFormat(prompt.answer),
    ...(ask.streaming ? { stream: true } : {}),
  };
}

function toTextFormat(answer: Prompt['answer']): Json {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  if (answer.mode === 'json_object') return { text: { format: { type: 'json_object' } } };
  return { text: { format: { type: 'json_schema', name: 'answer', schema: answer.schema, strict: true } } };
}

function readWhole(answer: Json): VendorReply {
  return toReply(answer, '');
}

const terminal = new Set(['response.completed', 'response.incomplete', 'response.failed']);
/** Said at once, before the model has begun: no sign that it will ever say something. */
const beforehand = new Set(['response.created', 'response.queued', 'response.in_progress']);

function openStream(): ReturnType<OpenaiWire['openStream']> {
  let text = '';
  let last: Json | null = null;
  return {
    take(event) {
      const type = asText(event['type']);
      if (type === 'response.output_text.delta') text += heldText(event['delta']);
      if (terminal.has(type)) last = asObject(event['response']);
      return type !== '' && !beforehand.has(type);
    },
    isComplete: () => last !== null,
    reply() {
      if (last === null) throw invalidAnswer('The answer ended before its end was said.');
      return toReply(last, text);
    },
  };
}

/** `streamed` stands in where the closing event of a compatible server repeats no text. */
function toReply(response: Json, streamed: string): VendorReply {
  const status = asText(response['status']);
  if (status === 'failed') throw reportedToFailure(response['error'], openaiWords);
  const finish = status === 'incomplete' ? incompleteFinish(response) : 'stop';
  if (status !== 'completed' && status !== 'incomplete') {
    throw invalidAnswer('The vendor sent an answer that is not finished.');
  }
  const parts = asList(response['output'])
    .map((item) => asObject(item))
    .filter((item) => item?.['type'] === 'message')
    .flatMap((item) => asList(item?.['content']))
    .map((part) => asObject(part));
  const join = (type: string, key: string): string =>
    parts.map((part) => (part?.['type'] === type ? asText(part[key]) : '')).join('');
  const usage = readUsage(response['usage']);
  const refusal = join('refusal', 'refusal');
  if (refusal !== '') return { text: refusal, finish: 'refusal', usage };
  return replyOf({ text: join('output_text', 'text') || streamed, finish, usage });
}

function incompleteFinish(response: Json): 'length' {
  const reason = asText(asObject(response['incomplete_details'])?.['reason']);
  if (reason === 'content_filter') throw contentFiltered(readUsage(response['usage']));
  if (reason !== 'max_output_tokens') throw invalidAnswer('The vendor broke its answer off.');
  return 'length';
}

const readUsage = usageReader({
  input: 'input_tokens',
  output: 'output_tokens',
  cached: ['input_tokens_details', 'cached_tokens'],
  reasoning: ['output_tokens_details', 'reasoning_tokens'],
});
