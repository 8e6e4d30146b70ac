import { modeOf } from './chat-completions.ts';
import { matchOpenai, openaiKeyOf, openaiProblem } from './openai.ts';
import { asCount, asRecord, textOfContent } from './wire.ts';
import type { Frame, Turn, Wire, WireReply } from './wire.ts';

/** OpenAI Responses: platform.openai.com/docs/api-reference/responses, and …/responses-streaming for its events. */
export const responses: Wire = {
  match: (path) => matchOpenai(path, 'responses'),
  modeParameter: 'text.format',
  streamType: 'text/event-stream; charset=utf-8',
  damagedEvent: 'data: {"type":"response.output_text.delta","del\n\n',
  keyOf: openaiKeyOf,
  problem: openaiProblem,

  read(body) {
    const request = asRecord(body);
    const { model, input } = request;
    if (typeof model !== 'string' || (typeof input !== 'string' && !Array.isArray(input))) return undefined;
    const format = asRecord(asRecord(request['text'])['format']);
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input.map(asRecord);
    const instructions = typeof request['instructions'] === 'string' ? [request['instructions']] : [];
    return {
      model,
      system: [...instructions, ...items.filter(isSystem).map(({ content }) => textOfContent(content))].join(
        '\n',
      ),
      turns: items.filter((item) => !isSystem(item)).map(toTurn),
      mode: modeOf(format['type']),
      schema: asRecord(format['schema']),
      maxTokens: asCount(request['max_output_tokens']),
      stream: request['stream'] === true,
      includeUsage: true,
    };
  },

  whole: (reply) => responseOf(reply, 'ended'),

  frames(reply) {
    const events = reply.empty ? [] : itemEvents(reply);
    const ending = isIncomplete(reply) ? 'response.incomplete' : 'response.completed';
    return number([
      { kind: 'opening', type: 'response.created', data: { response: responseOf(reply, 'begun') } },
      { kind: 'opening', type: 'response.in_progress', data: { response: responseOf(reply, 'begun') } },
      ...events,
      { kind: 'terminal', type: ending, data: { response: responseOf(reply, 'ended') } },
    ]);
  },
};

interface ResponseEvent {
  readonly kind: Frame['kind'];
  readonly type: string;
  readonly data: object;
}

function isSystem({ role }: Readonly<Record<string, unknown>>): boolean {
  return role === 'system' || role === 'developer';
}

function toTurn({ role, content }: Readonly<Record<string, unknown>>): Turn {
  return { by: role === 'assistant' ? 'model' : 'user', text: textOfContent(content) };
}

function itemEvents(reply: WireReply): readonly ResponseEvent[] {
  const item = messageOf(reply);
  const [part] = item.content;
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const spoken = reply.finish === 'refusal' ? 'refusal' : 'output_text';
  const blank = spoken === 'refusal' ? { type: spoken, refusal: '' } : { ...part, text: '' };
  const text = reply.tokens.join('');
  return [
    {
      kind: 'opening',
      type: 'response.output_item.added',
      data: { output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    },
    { kind: 'opening', type: 'response.content_part.added', data: { ...place, part: blank } },
    ...reply.tokens.map((delta): ResponseEvent => ({
      kind: 'token',
      type: `response.${spoken}.delta`,
      data: { ...place, delta, ...(spoken === 'refusal' ? {} : { logprobs: [] }) },
    })),
    {
      kind: 'terminal',
      type: `response.${spoken}.done`,
      data: { ...place, ...(spoken === 'refusal' ? { refusal: text } : { text, logprobs: [] }) },
    },
    { kind: 'terminal', type: 'response.content_part.done', data: { ...place, part } },
    { kind: 'terminal', type: 'response.output_item.done', data: { output_index: 0, item } },
  ];
}

function number(events: readonly ResponseEvent[]): readonly Frame[] {
  return events.map(({ kind, type, data }, index) => ({
    kind,
    text: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...data })}\n\n`,
  }));
}

function isIncomplete({ finish }: WireReply): boolean {
  return finish === 'length' || finish === 'content-filter';
}

function messageOf(reply: WireReply) {
  const text = reply.tokens.join('');
  const part =
    reply.finish === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], logprobs: [] };
  return {
    id: `msg_${reply.id}`,
    type: 'message',
    role: 'assistant',
    status: isIncomplete(reply) ? 'incomplete' : 'completed',
    content: [part],
  };
}

function responseOf(reply: WireReply, when: 'begun' | 'ended'): object {
  const ended = when === 'ended';
  const { inputTokens, outputTokens } = reply.usage;
  const reason = reply.finish === 'length' ? 'max_output_tokens' : 'content_filter';
  const status = isIncomplete(reply) ? 'incomplete' : 'completed';
  return {
    id: `resp_${reply.id}`,
    object: 'response',
    created_at: reply.createdS,
    status: ended ? status : 'in_progress',
    error: null,
    incomplete_details: ended && isIncomplete(reply) ? { reason } : null,
    instructions: null,
    metadata: {},
    model: reply.model,
    output: ended && !reply.empty ? [messageOf(reply)] : [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: ended
      ? {
          input_tokens: inputTokens,
          input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
          output_tokens: outputTokens,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: inputTokens + outputTokens,
        }
      : null,
  };
}
