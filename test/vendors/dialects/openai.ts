import { vendors } from '../../../vendors/index.ts';
import { event, type Dialect, type Meant, type Refusal } from './dialect.ts';

type Body = Readonly<Record<string, unknown>>;
type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: unknown };

const textOf = (messages: readonly Message[]) =>
  messages.map(({ role, content }) => ({ role, text: content }));
const formatOf = (format: unknown) => {
  const type = (format as { type?: string } | undefined)?.type;
  return type === 'json_object' || type === 'json_schema' ? type : 'none';
};

const coded = (code: string) => JSON.stringify({ error: { message: 'planted', type: 'x', code } });
const refusal = (status: number, body: string, type: Refusal['type']): Refusal => ({ status, body, type });

/** OpenAI's errors, and those of the servers that speak its formats. */
export const openaiRefusals: readonly Refusal[] = [
  refusal(400, coded('x'), 'model.rejected'),
  refusal(400, coded('context_length_exceeded'), 'model.context-too-long'),
  refusal(
    400,
    '{"object":"error","message":"This model\'s maximum context length is 8 tokens"}',
    'model.context-too-long',
  ),
  refusal(400, coded('content_filter'), 'model.content-filtered'),
  refusal(400, coded('content_policy_violation'), 'model.content-filtered'),
  refusal(401, '', 'model.unauthorized'),
  refusal(402, '{}', 'model.quota-exhausted'),
  refusal(403, '<html>', 'model.forbidden'),
  refusal(404, '{"detail":"Not Found"}', 'model.not-found'),
  refusal(408, '', 'model.timed-out'),
  refusal(409, '', 'model.server-error'),
  refusal(410, '', 'model.not-found'),
  refusal(422, '{"detail":[{"loc":["body"],"msg":"planted"}]}', 'model.rejected'),
  refusal(424, '', 'model.server-error'),
  refusal(429, coded('rate_limit_exceeded'), 'model.rate-limited'),
  refusal(429, coded('insufficient_quota'), 'model.quota-exhausted'),
  refusal(
    429,
    '{"error":{"message":"planted","type":"insufficient_quota","code":"credit_balance_exhausted"}}',
    'model.quota-exhausted',
  ),
  refusal(429, coded('slow_down'), 'model.overloaded'),
  refusal(500, '', 'model.server-error'),
  refusal(502, '<html>Bad gateway, maximum context length</html>', 'model.server-error'),
  refusal(503, coded('server_is_overloaded'), 'model.overloaded'),
  refusal(504, '', 'model.timed-out'),
  refusal(529, '', 'model.overloaded'),
];

const inBoth = {
  streamHeaders: { 'content-type': 'text/event-stream' },
  formats: { json_schema: 'json_schema', json_object: 'json_object', prompt: 'none' },
  harmless: [event('{"choices": [{"delta": {"content": '), event('<html>'), ': a comment\n\n'],
  damaged: event('{"choices": [{"delta": {"content": "lost wor'),
  nonAnswers: [['no choices', '{"choices":[],"output":[],"status":"completed"}']],
  refusals: openaiRefusals,
  refusedMode: {
    body: '{"error":{"message":"planted: json_schema is not supported","param":"response_format"}}',
  },
} as const;

const reported = [
  ['rate_limit_exceeded', 'model.rate-limited'],
  ['server_error', 'model.server-error'],
  ['context_length_exceeded', 'model.context-too-long'],
  ['never-heard-of', 'model.server-error'],
] as const;

const chatUsage = {
  prompt_tokens: 21,
  completion_tokens: 8,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const chatEnds = { stop: 'stop', length: 'length', refusal: 'stop', filtered: 'content_filter' };

/** Chat Completions, whoever serves them. */
export const chat = (tokensField: 'max_tokens' | 'max_completion_tokens') =>
  ({
    ...inBoth,
    paths: { streamed: '/v1/chat/completions', whole: '/v1/chat/completions' },
    head: 2,
    tail: 2,
    asked: ({ body }: { readonly body: Body }) => ({
      model: body['model'],
      streaming: body['stream'] === true,
      maxTokens: body[tokensField],
      messages: textOf(body['messages'] as Message[]),
      format: formatOf(body['response_format']),
    }),
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
    errorEvents: reported.map(
      ([code, type]) => [code, event({ error: { message: 'planted vendor words', code } }), type] as const,
    ),
  }) satisfies Partial<Dialect>;

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

/** Responses, whoever serves them. */
export const responses = {
  ...inBoth,
  paths: { streamed: '/v1/responses', whole: '/v1/responses' },
  head: 1,
  tail: 0,
  asked: ({ body }: { readonly body: Body }) => ({
    model: body['model'],
    streaming: body['stream'] === true,
    maxTokens: body['max_output_tokens'],
    messages: textOf([{ role: 'system', content: body['instructions'] }, ...(body['input'] as Message[])]),
    format: formatOf((body['text'] as { format?: unknown } | undefined)?.format),
  }),
  whole: (meant: Meant) => JSON.stringify(responseObject(meant)),
  events: (meant: Meant) => {
    const named = (type: string, rest: object) => `event: ${type}\n${event({ type, ...rest })}`;
    const delta = meant.end === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta';
    const broken = meant.end === 'length' || meant.end === 'filtered';
    return [
      named('response.created', { response: { status: 'in_progress' } }),
      ...meant.words.map((word) => named(delta, { delta: word })),
      named(broken ? 'response.incomplete' : 'response.completed', { response: responseObject(meant) }),
    ];
  },
  errorEvents: reported.map(
    ([code, type]) => [code, event({ type: 'error', message: 'planted vendor words', code }), type] as const,
  ),
} satisfies Partial<Dialect>;

const asOpenai = { vendor: vendors.openai, credential: { apiKey: 'sk-planted-key' } };
const asCustom = { vendor: vendors.custom, credential: null };

export const openaiDialects = {
  responses: {
    name: 'openai in Responses',
    ...responses,
    ...asOpenai,
    settings: (url) => ({ baseUrl: `${url}/v1` }),
  },
  chat: {
    name: 'openai in Chat Completions',
    ...chat('max_completion_tokens'),
    ...asOpenai,
    settings: (url) => ({ baseUrl: `${url}/v1`, api: 'chat' }),
  },
} satisfies Record<string, Dialect>;

export const customDialects = {
  chat: {
    name: 'custom in Chat Completions',
    ...chat('max_tokens'),
    ...asCustom,
    settings: (url) => ({ baseUrl: `${url}/v1/` }),
  },
  responses: {
    name: 'custom in Responses',
    ...responses,
    ...asCustom,
    settings: (url) => ({ baseUrl: `${url}/v1`, api: 'responses' }),
  },
} satisfies Record<string, Dialect>;
