import { matchOpenai, openaiKeyOf, openaiProblem } from './openai.ts';
import { asCount, asRecord, textOfContent } from './wire.ts';
import type { Frame, Wire, WirePrompt, WireReply } from './wire.ts';

/** OpenAI Chat Completions, which self-hosted servers speak too: platform.openai.com/docs/api-reference/chat. */
export const chatCompletions: Wire = {
  match: (path) => matchOpenai(path, 'chat/completions'),
  modeParameter: 'response_format',
  streamType: 'text/event-stream; charset=utf-8',
  damagedEvent: 'data: {"choices":[{"delta":{"conte\n\n',
  keyOf: openaiKeyOf,
  problem: openaiProblem,

  read(body, ask) {
    const request = asRecord(body);
    const { messages } = request;
    const model = ask.model ?? request['model'];
    if (!Array.isArray(messages) || typeof model !== 'string') return undefined;
    const said = messages.map(asRecord).map(({ role, content }) => ({ role, text: textOfContent(content) }));
    const format = asRecord(request['response_format']);
    return {
      model,
      system: said
        .filter(({ role }) => role === 'system' || role === 'developer')
        .map(({ text }) => text)
        .join('\n'),
      turns: said
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map(({ role, text }) => ({ by: role === 'user' ? 'user' : 'model', text })),
      mode: modeOf(format['type']),
      schema: asRecord(asRecord(format['json_schema'])['schema']),
      maxTokens: asCount(request['max_completion_tokens']) ?? asCount(request['max_tokens']),
      stream: request['stream'] === true,
      includeUsage: asRecord(request['stream_options'])['include_usage'] === true,
    };
  },

  whole(reply) {
    const refused = reply.finish === 'refusal';
    const text = reply.tokens.join('');
    const message = {
      role: 'assistant',
      content: refused ? null : text,
      refusal: refused ? text : null,
    };
    return {
      ...identity(reply, 'chat.completion'),
      choices: reply.empty
        ? []
        : [{ index: 0, message, logprobs: null, finish_reason: finishReasons[reply.finish] }],
      usage: usageOf(reply),
    };
  },

  frames: framesOf,
};

const finishReasons = { stop: 'stop', refusal: 'stop', length: 'length', 'content-filter': 'content_filter' };

export function modeOf(type: unknown): WirePrompt['mode'] {
  return type === 'json_schema' || type === 'json_object' ? type : 'text';
}

function framesOf(reply: WireReply, { includeUsage }: WirePrompt): readonly Frame[] {
  const about = { ...identity(reply, 'chat.completion.chunk'), ...(includeUsage ? { usage: null } : {}) };
  const chunk = (delta: object, finish: string | null): string =>
    toEvent({
      ...about,
      choices: reply.empty ? [] : [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    });
  const key = reply.finish === 'refusal' ? 'refusal' : 'content';
  const frames: Frame[] = [
    { kind: 'opening', text: chunk({ role: 'assistant', content: '' }, null) },
    ...(reply.empty ? [] : reply.tokens).map((token): Frame => ({
      kind: 'token',
      text: chunk({ [key]: token }, null),
    })),
    { kind: 'terminal', text: chunk({}, finishReasons[reply.finish]) },
  ];
  if (includeUsage) {
    frames.push({ kind: 'terminal', text: toEvent({ ...about, choices: [], usage: usageOf(reply) }) });
  }
  return [...frames, { kind: 'sentinel', text: 'data: [DONE]\n\n' }];
}

function identity({ id, model, createdS }: WireReply, object: string): object {
  return { id: `chatcmpl-${id}`, object, created: createdS, model, system_fingerprint: 'sandbox' };
}

function usageOf({ usage: { inputTokens, outputTokens } }: WireReply): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function toEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
