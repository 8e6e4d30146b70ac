import { asCount, asRecord, textOfContent } from './wire.ts';
import type { Frame, Wire, WirePrompt, WireReply } from './wire.ts';

/** Anthropic's Messages: docs.claude.com/en/api/messages, …/messages-streaming and …/errors. */
export const anthropicMessages: Wire = {
  match: (path) => (path === 'v1/messages' ? { model: null, stream: null } : null),
  modeParameter: 'output_config.format',
  streamType: 'text/event-stream; charset=utf-8',
  damagedEvent: 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"te\n\n',

  keyOf: ({ headers }) => (typeof headers['x-api-key'] === 'string' ? headers['x-api-key'] : null),

  problem: (status, { message }) => ({
    body: {
      type: 'error',
      error: { type: errorTypes[status] ?? 'api_error', message },
      request_id: 'req_sandbox',
    },
    headers: { 'request-id': 'req_sandbox' },
  }),

  read(body) {
    const request = asRecord(body);
    const { messages, model } = request;
    if (!Array.isArray(messages) || typeof model !== 'string' || asCount(request['max_tokens']) === null) {
      return undefined;
    }
    const format = asRecord(asRecord(request['output_config'])['format']);
    return {
      model,
      system: textOfContent(request['system']),
      turns: messages.map(asRecord).map(({ role, content }) => ({
        by: role === 'assistant' ? 'model' : 'user',
        text: textOfContent(content),
      })),
      mode: modeOf(format, request),
      schema: asRecord(format['schema'] ?? toolSchemaOf(request['tools'])),
      maxTokens: asCount(request['max_tokens']),
      stream: request['stream'] === true,
      includeUsage: true,
    };
  },

  whole: (reply, prompt) => ({
    ...messageOf(reply),
    content: reply.empty ? [] : [blockOf(reply.tokens.join(''), prompt)],
    stop_reason: stopReasonOf(reply, prompt),
    stop_details: stopDetailsOf(reply),
    usage: usageOf(reply, reply.usage.outputTokens),
  }),

  frames(reply, prompt) {
    const event = (kind: Frame['kind'], type: string, data: object): Frame => ({
      kind,
      text: `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`,
    });
    const delta = (text: string): object =>
      prompt.mode === 'json_object'
        ? { type: 'input_json_delta', partial_json: text }
        : { type: 'text_delta', text };
    return [
      event('opening', 'message_start', {
        message: {
          ...messageOf(reply),
          content: [],
          stop_reason: null,
          stop_details: null,
          usage: usageOf(reply, 1),
        },
      }),
      event('opening', 'content_block_start', { index: 0, content_block: blockOf('', prompt) }),
      event('opening', 'ping', {}),
      ...(reply.empty ? [] : reply.tokens).map((text) =>
        event('token', 'content_block_delta', { index: 0, delta: delta(text) }),
      ),
      event('terminal', 'content_block_stop', { index: 0 }),
      event('terminal', 'message_delta', {
        delta: {
          stop_reason: stopReasonOf(reply, prompt),
          stop_sequence: null,
          container: null,
          stop_details: stopDetailsOf(reply),
        },
        usage: countsOf(reply, reply.usage.outputTokens),
      }),
      event('terminal', 'message_stop', {}),
    ];
  },
};

/** The model's own refusal ends like any other text; `refusal` is what the vendor's classifiers end an answer with. */
const stopReasons = {
  stop: 'end_turn',
  refusal: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'refusal',
};

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

function modeOf(
  format: Readonly<Record<string, unknown>>,
  request: Readonly<Record<string, unknown>>,
): WirePrompt['mode'] {
  if (format['type'] === 'json_schema') return 'json_schema';
  return asRecord(request['tool_choice'])['type'] === 'tool' ? 'json_object' : 'text';
}

function toolSchemaOf(tools: unknown): unknown {
  return asRecord(Array.isArray(tools) ? tools[0] : null)['input_schema'];
}

function messageOf({ id, model }: WireReply): object {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    stop_sequence: null,
    container: null,
    diagnostics: null,
  };
}

/** Where a tool has to be called, the answer is its input. */
function blockOf(text: string, { mode }: WirePrompt): object {
  if (mode !== 'json_object') return { type: 'text', text, citations: null };
  const input: unknown = text === '' ? {} : JSON.parse(text);
  return { type: 'tool_use', id: 'toolu_sandbox', name: 'respond', input, caller: { type: 'direct' } };
}

function stopReasonOf({ finish }: WireReply, { mode }: WirePrompt): string {
  return mode === 'json_object' && finish === 'stop' ? 'tool_use' : stopReasons[finish];
}

function stopDetailsOf({ finish }: WireReply): object | null {
  return finish === 'content-filter' ? { type: 'refusal', category: null, explanation: null } : null;
}

function usageOf(reply: WireReply, outputTokens: number): object {
  return {
    ...countsOf(reply, outputTokens),
    cache_creation: null,
    inference_geo: null,
    service_tier: 'standard',
    speed: null,
  };
}

function countsOf({ usage }: WireReply, outputTokens: number): object {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    output_tokens_details: null,
    server_tool_use: null,
  };
}
