import type { VendorReply } from '../../contract/index.ts';
import { vendors, type AnyVendor, type Prompt } from '../../vendors/index.ts';

/** An answer as a vendor would mean it, to be said in each wire format. */
export interface Meant {
  readonly words: readonly string[];
  readonly end: 'stop' | 'length' | 'refusal' | 'filtered';
  readonly usage: boolean;
}

/** One vendor in one wire format: what the conformance suite needs to know of it. */
export interface Dialect {
  readonly name: string;
  readonly vendor: AnyVendor;
  readonly settings: (url: string) => Readonly<Record<string, unknown>>;
  readonly credential: unknown;
  readonly path: string;
  readonly tokensField: string;
  whole(meant: Meant): string;
  /** The events of a stream, the last one being the sentinel where there is one. */
  events(meant: Meant): readonly string[];
  /** How many events from the end can be missing without making the answer incomplete. */
  readonly tail: number;
  errorEvent(code: string): string;
  formatOf(body: Readonly<Record<string, unknown>>): unknown;
  messagesOf(body: Readonly<Record<string, unknown>>): unknown;
}

export const event = (data: unknown): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** Usage as said by `whole` and `events`, in our words. */
export const usage: VendorReply['usage'] = {
  inputTokens: 21,
  outputTokens: 8,
  cachedInputTokens: 4,
  reasoningTokens: 2,
};

const chatUsage = {
  prompt_tokens: 21,
  completion_tokens: 8,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const chatEnds = { stop: 'stop', length: 'length', refusal: 'stop', filtered: 'content_filter' };

const chat = {
  path: '/v1/chat/completions',
  tail: 2,
  whole: ({ words, end, usage: counted }: Meant) => {
    const said = words.join('');
    const message = end === 'refusal' ? { content: null, refusal: said } : { content: said, refusal: null };
    return JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: chatEnds[end] }],
      ...(counted ? { usage: chatUsage } : {}),
    });
  },
  events: ({ words, end, usage: counted }: Meant) => {
    const chunk = (delta: object, finish: string | null = null) =>
      event({ choices: [{ index: 0, delta, finish_reason: finish }], usage: null });
    return [
      // Azure sends what its filter found in the prompt first, without a choice.
      event({ choices: [], prompt_filter_results: [] }),
      chunk({ role: 'assistant', content: '' }),
      ...words.map((word) => chunk(end === 'refusal' ? { refusal: word } : { content: word })),
      chunk({}, chatEnds[end]),
      counted ? event({ choices: [], usage: chatUsage }) : ': nothing to count\n\n',
      event('[DONE]'),
    ];
  },
  errorEvent: (code: string) => event({ error: { message: 'planted vendor words', code } }),
  formatOf: (body: Readonly<Record<string, unknown>>) => body['response_format'],
  messagesOf: (body: Readonly<Record<string, unknown>>) => body['messages'],
};

const responsesUsage = {
  input_tokens: 21,
  output_tokens: 8,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 2 },
};

function responseObject({ words, end, usage: counted }: Meant): object {
  const said = words.join('');
  const part = end === 'refusal' ? { type: 'refusal', refusal: said } : { type: 'output_text', text: said };
  const reason = { length: 'max_output_tokens', filtered: 'content_filter', stop: null, refusal: null }[end];
  return {
    status: reason === null ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === null ? null : { reason },
    output: [
      { type: 'reasoning', summary: [] },
      { type: 'message', role: 'assistant', content: [part] },
    ],
    usage: counted ? responsesUsage : null,
  };
}

const responses = {
  path: '/v1/responses',
  tail: 0,
  whole: (meant: Meant) => JSON.stringify(responseObject(meant)),
  events: (meant: Meant) => {
    const named = (type: string, rest: object) => `event: ${type}\n${event({ type, ...rest })}`;
    const delta = meant.end === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta';
    return [
      named('response.created', { response: { status: 'in_progress' } }),
      ...meant.words.map((word) => named(delta, { delta: word })),
      named(
        meant.end === 'length' || meant.end === 'filtered' ? 'response.incomplete' : 'response.completed',
        {
          response: responseObject(meant),
        },
      ),
    ];
  },
  errorEvent: (code: string) => event({ type: 'error', message: 'planted vendor words', code }),
  formatOf: (body: Readonly<Record<string, unknown>>) =>
    (body['text'] as { format?: unknown } | undefined)?.format,
  messagesOf: (body: Readonly<Record<string, unknown>>) => [
    { role: 'system', content: body['instructions'] },
    ...(body['input'] as unknown[]),
  ],
};

const asOpenai = { vendor: vendors.openai, credential: { apiKey: 'sk-planted-key' } };
const asCustom = { vendor: vendors.custom, credential: null };

export const dialects: readonly Dialect[] = [
  {
    name: 'openai in Responses',
    ...responses,
    ...asOpenai,
    tokensField: 'max_output_tokens',
    settings: (url) => ({ baseUrl: `${url}/v1` }),
  },
  {
    name: 'openai in Chat Completions',
    ...chat,
    ...asOpenai,
    tokensField: 'max_completion_tokens',
    settings: (url) => ({ baseUrl: `${url}/v1`, api: 'chat' }),
  },
  {
    name: 'custom in Chat Completions',
    ...chat,
    ...asCustom,
    tokensField: 'max_tokens',
    settings: (url) => ({ baseUrl: `${url}/v1/` }),
  },
  {
    name: 'custom in Responses',
    ...responses,
    ...asCustom,
    tokensField: 'max_output_tokens',
    settings: (url) => ({ baseUrl: `${url}/v1`, api: 'responses' }),
  },
];

export const prompt: Prompt = {
  system: 'You are a clerk.',
  turns: [
    { by: 'user', text: 'planted prompt' },
    { by: 'model', text: '{' },
    { by: 'user', text: 'That was no JSON.' },
  ],
  answer: { kind: 'text' },
};

export const jsonPrompt = (mode: 'json_schema' | 'json_object' | 'prompt'): Prompt => ({
  ...prompt,
  answer: { kind: 'json', schema: { type: 'object' }, mode },
});
