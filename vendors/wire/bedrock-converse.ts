import type { ConverseCommandInput, ToolInputSchema } from '@aws-sdk/client-bedrock-runtime';
import { Failure, type Usage, type VendorReply } from '../../contract/index.ts';
import { awsWords } from '../errors/aws-words.ts';
import type { Prompt } from '../vendor.ts';
import {
  asCount,
  asList,
  asObject,
  asText,
  contentFiltered,
  heldObject,
  heldText,
  invalidAnswer,
  replyOf,
  type Json,
  type StreamReading,
  type Wire,
} from './wire.ts';

/** Amazon's Converse: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. */
export const bedrockConverse: Wire = { errors: awsWords, readWhole, openStream };

/** What is asked of a model, in the words of `ConverseCommand` and `ConverseStreamCommand` alike. */
export function toConverseInput(
  prompt: Prompt,
  ask: { readonly modelId: string; readonly maxTokens: number },
): ConverseCommandInput {
  return {
    modelId: ask.modelId,
    ...(prompt.system === '' ? {} : { system: [{ text: prompt.system }] }),
    messages: prompt.turns.map(({ by, text }) => ({
      role: by === 'user' ? 'user' : 'assistant',
      content: [{ text }],
    })),
    inferenceConfig: { maxTokens: ask.maxTokens },
    ...toAnswerFormat(prompt.answer),
  };
}

type AnswerFormat = Pick<ConverseCommandInput, 'outputConfig' | 'toolConfig'>;

/** Few models take a schema for their text; most can be made to call a tool, whose input is then the answer. */
function toAnswerFormat(answer: Prompt['answer']): AnswerFormat {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  const { schema, mode } = answer;
  if (mode === 'json_schema') {
    const jsonSchema = { name: 'answer', schema: JSON.stringify(schema) };
    return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
  }
  const json = schema as ToolInputSchema.JsonMember['json'];
  const respond = { name: 'respond', description: 'Gives the answer.', inputSchema: { json } };
  return {
    toolConfig: { tools: [{ toolSpec: respond }], toolChoice: { tool: { name: respond.name } } },
  };
}

function readWhole(answer: Json): VendorReply {
  const message = asObject(asObject(answer['output'])?.['message']);
  const blocks = asList(message?.['content']).map((block) => asObject(block));
  const call = blocks.map((block) => asObject(block?.['toolUse'])).find((use) => use !== null);
  return toReply({
    text: blocks.map((block) => asText(block?.['text'])).join(''),
    input: call === undefined || call === null ? '' : JSON.stringify(call['input'] ?? {}),
    stop: asText(answer['stopReason']),
    usage: readUsage(answer['usage']),
  });
}

/** Events as `readFrames` yields them: `{ contentBlockDelta: { … } }`. */
function openStream(): StreamReading {
  let [text, stop, input] = ['', '', ''];
  let called: unknown = null;
  let usage: Usage | null = null;
  return {
    take(event) {
      usage = readUsage(asObject(event['metadata'])?.['usage']) ?? usage;
      // What comes after the end is not of the answer.
      if (stop !== '') return false;
      const block = heldObject(event['contentBlockDelta']);
      const delta = heldObject(block?.['delta']);
      const use = heldObject(delta?.['toolUse']);
      text += heldText(delta?.['text']);
      // One tool is offered; should a model call it twice, the first call is the answer.
      if (use !== null && (called ??= block?.['contentBlockIndex']) === block?.['contentBlockIndex']) {
        input += heldText(use['input']);
      }
      stop = asText(asObject(event['messageStop'])?.['stopReason']);
      return asObject(event['contentBlockStart']) !== null || delta !== null || stop !== '';
    },
    isComplete: () => stop !== '',
    reply: () => toReply({ text, input, stop, usage }),
  };
}

interface Said {
  readonly text: string;
  /** JSON: the input of the tool that was called; empty where none was. */
  readonly input: string;
  readonly stop: string;
  readonly usage: Usage | null;
}

function toReply({ text: words, input, stop, usage }: Said): VendorReply {
  // Some models say what they are about to do before they call the tool.
  const text = input === '' ? words : input;
  switch (stop) {
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
      return replyOf({ text, finish: 'stop', usage });
    case 'model_context_window_exceeded':
      if (text.trim() === '') throw contextTooLong(usage);
      return replyOf({ text, finish: 'length', usage });
    case 'max_tokens':
      return replyOf({ text, finish: 'length', usage });
    case 'content_filtered':
    case 'guardrail_intervened':
      throw contentFiltered(usage);
    case 'malformed_model_output':
    case 'malformed_tool_use':
      throw invalidAnswer('The model broke the form of its own answer.');
    default:
      throw invalidAnswer('The vendor ended its answer in a way that is none.');
  }
}

function contextTooLong(usage: Usage | null): Failure {
  return new Failure('model.context-too-long', 'The prompt alone fills the context of the model.', {
    sent: 'yes',
    httpStatus: 200,
    ...(usage === null ? {} : { usage }),
  });
}

/** `inputTokens` leaves out what was read from and written to the cache. Reasoning is in `outputTokens`, uncounted. */
function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  const input = asCount(usage?.['inputTokens']);
  const outputTokens = asCount(usage?.['outputTokens']);
  if (input === null && outputTokens === null) return null;
  const read = asCount(usage?.['cacheReadInputTokens']);
  const written = asCount(usage?.['cacheWriteInputTokens']);
  return {
    inputTokens: input === null ? null : input + (read ?? 0) + (written ?? 0),
    outputTokens,
    cachedInputTokens: read,
    reasoningTokens: null,
  };
}
