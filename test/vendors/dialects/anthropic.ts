import { vendors } from '../../../vendors/index.ts';
import { usage, type Dialect, type Meant, type Refusal } from './dialect.ts';

const event = (type: string, rest: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const error = (type: string, message = 'planted vendor words') => ({
  type: 'error',
  error: { type, message },
});
const refusal = (status: number, type: string, meaning: Refusal['type'], message?: string): Refusal => ({
  status,
  body: JSON.stringify(error(type, message)),
  type: meaning,
});

const ends = { stop: 'end_turn', length: 'max_tokens', refusal: 'end_turn', filtered: 'refusal' };
const inputUsage = { input_tokens: 14, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 };
const outputUsage = { output_tokens: 8, output_tokens_details: { thinking_tokens: 2 } };

export const anthropicDialect: Dialect = {
  name: 'anthropic in Messages',
  vendor: vendors.anthropic,
  settings: (url) => ({ baseUrl: url }),
  credential: { apiKey: 'sk-ant-planted-key' },
  paths: { streamed: '/v1/messages', whole: '/v1/messages' },
  asked: ({ body }) => {
    const format = (body['output_config'] as { format?: { type?: string } } | undefined)?.format?.type;
    const tool = (body['tool_choice'] as { type?: string } | undefined)?.type === 'tool';
    return {
      model: body['model'],
      streaming: body['stream'] === true,
      maxTokens: body['max_tokens'],
      messages: [
        { role: 'system', text: body['system'] },
        ...(body['messages'] as { role: 'user' | 'assistant'; content: unknown }[]).map(
          ({ role, content }) => ({
            role,
            text: content,
          }),
        ),
      ],
      format: format === 'json_schema' ? 'json_schema' : tool ? 'tool' : 'none',
    };
  },
  formats: { json_schema: 'json_schema', json_object: 'tool', prompt: 'none' },
  usage,
  whole: ({ words, end, usage: counted }: Meant) =>
    JSON.stringify({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'x' },
        { type: 'text', text: words.join('') },
      ],
      stop_reason: ends[end],
      ...(counted ? { usage: { ...inputUsage, ...outputUsage } } : {}),
    }),
  streamHeaders: { 'content-type': 'text/event-stream; charset=utf-8' },
  events: ({ words, end, usage: counted }: Meant) => [
    event('message_start', {
      message: {
        type: 'message',
        role: 'assistant',
        content: [],
        ...(counted ? { usage: { ...inputUsage, output_tokens: 1 } } : {}),
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: ends[end] }, ...(counted ? { usage: outputUsage } : {}) }),
    event('message_stop'),
  ],
  head: 2,
  tail: 0,
  harmless: [event('ping'), event('of_a_later_version', { what: 1 }), ': a comment\n\n', 'data: <html>\n\n'],
  damaged: 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"lost wor\n\n',
  errorEvents: [
    ['overloaded_error', event('error', error('overloaded_error')), 'model.overloaded'],
    ['rate_limit_error', event('error', error('rate_limit_error')), 'model.rate-limited'],
    ['api_error', event('error', error('api_error')), 'model.server-error'],
    ['never-heard-of', event('error', error('never-heard-of')), 'model.server-error'],
  ],
  nonAnswers: [
    ['no content', '{"type":"message","content":[],"stop_reason":"end_turn"}'],
    [
      'an end that is none',
      '{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"pause_turn"}',
    ],
    ['no end', '{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":null}'],
  ],
  refusals: [
    refusal(400, 'invalid_request_error', 'model.rejected'),
    refusal(
      400,
      'invalid_request_error',
      'model.context-too-long',
      'prompt is too long: 9 tokens > 8 maximum',
    ),
    refusal(
      400,
      'invalid_request_error',
      'model.quota-exhausted',
      'Your credit balance is too low to access the API',
    ),
    refusal(
      400,
      'invalid_request_error',
      'model.content-filtered',
      'Output blocked by content filtering policy',
    ),
    refusal(401, 'authentication_error', 'model.unauthorized'),
    refusal(402, 'billing_error', 'model.quota-exhausted'),
    refusal(403, 'permission_error', 'model.forbidden'),
    refusal(404, 'not_found_error', 'model.not-found'),
    refusal(413, 'request_too_large', 'model.context-too-long'),
    refusal(429, 'rate_limit_error', 'model.rate-limited'),
    {
      ...refusal(429, 'rate_limit_error', 'model.rate-limited'),
      headers: { 'retry-after': '3' },
      retryAfterMs: 3_000,
    },
    refusal(500, 'api_error', 'model.server-error'),
    refusal(504, 'timeout_error', 'model.timed-out'),
    refusal(529, 'overloaded_error', 'model.overloaded'),
    { status: 502, body: '<html>Bad gateway</html>', type: 'model.server-error' },
  ],
  refusedMode: {
    body: JSON.stringify(
      error('invalid_request_error', 'output_config.format: planted, not supported by this model'),
    ),
  },
  skip: {
    refusal: 'the format has no refusal of the model itself; its stop reason of that name is a filter',
  },
};
