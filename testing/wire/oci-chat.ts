import { oracle } from './oci-problem.ts';
import { asCount, asRecord, textOfContent } from './wire.ts';
import type { Frame, Turn, Wire, WirePrompt, WireReply } from './wire.ts';

/**
 * `chat` of Oracle's own API, in its format GENERIC and in Cohere's second one:
 * docs.oracle.com/iaas/api/#/en/generative-ai-inference/20231130/ChatResult/Chat.
 */
export const ociChat: Wire = {
  ...oracle,
  match: (path) => (path === '20231130/actions/chat' ? { model: null, stream: null } : null),
  modeParameter: 'chatRequest.responseFormat',
  streamType: 'text/event-stream',
  damagedEvent: 'data: {"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","te\n\n',

  read(body) {
    const { compartmentId, servingMode, chatRequest } = asRecord(body);
    const request = asRecord(chatRequest);
    const model = modelOf(asRecord(servingMode));
    const { messages } = request;
    if (typeof compartmentId !== 'string' || model === null || !Array.isArray(messages)) return undefined;
    if (request['apiFormat'] !== formatOf(model)) return undefined;
    const said = messages.map(asRecord).map(toTurn);
    return {
      model,
      system: said
        .filter(({ by }) => by === 'system')
        .map(({ text }) => text)
        .join('\n'),
      turns: said.filter((turn): turn is Turn => turn.by !== 'system'),
      ...jsonAskedBy(asRecord(request['responseFormat'])),
      maxTokens: asCount(request['maxCompletionTokens']) ?? asCount(request['maxTokens']),
      stream: request['isStream'] === true,
      includeUsage: asRecord(request['streamOptions'])['isIncludeUsage'] === true,
    };
  },

  whole(reply) {
    const { model } = reply;
    const apiFormat = formatOf(model);
    const message = reply.empty ? null : messageOf(reply, reply.tokens.join(''));
    const end = { message, finishReason: finishOf(reply) };
    return {
      modelId: model,
      modelVersion: '1.0.0',
      chatResponse:
        apiFormat === 'COHEREV2'
          ? { apiFormat, id: reply.id, ...end, usage: usageOf(reply) }
          : {
              apiFormat,
              timeCreated: new Date(reply.createdS * 1000).toISOString(),
              choices: reply.empty ? [] : [{ index: 0, ...end }],
              usage: usageOf(reply),
            },
    };
  },

  frames(reply, { includeUsage }) {
    const index = isCohere(reply.model) ? {} : { index: 0 };
    const frames: Frame[] = [
      { kind: 'opening', text: toEvent({ ...index, message: { role: 'ASSISTANT', content: [] } }) },
      ...(reply.empty ? [] : reply.tokens).map((token): Frame => ({
        kind: 'token',
        text: toEvent({ ...index, message: messageOf(reply, token) }),
      })),
      {
        kind: 'terminal',
        text: toEvent({ ...index, message: { role: 'ASSISTANT' }, finishReason: finishOf(reply) }),
      },
    ];
    return includeUsage
      ? [...frames, { kind: 'terminal', text: toEvent({ usage: usageOf(reply) }) }]
      : frames;
  },
};

function modelOf({ servingType, modelId, endpointId }: Readonly<Record<string, unknown>>): string | null {
  const model = servingType === 'DEDICATED' ? endpointId : servingType === 'ON_DEMAND' ? modelId : null;
  return typeof model === 'string' ? model : null;
}

function isCohere(model: string): boolean {
  return model.startsWith('cohere.');
}

/** Oracle refuses the one format for a model of the other. */
function formatOf(model: string): 'COHEREV2' | 'GENERIC' {
  return isCohere(model) ? 'COHEREV2' : 'GENERIC';
}

function toTurn({ role, content }: Readonly<Record<string, unknown>>) {
  const by =
    role === 'SYSTEM' || role === 'DEVELOPER'
      ? ('system' as const)
      : role === 'ASSISTANT'
        ? ('model' as const)
        : ('user' as const);
  return { by, text: textOfContent(content) };
}

/** Cohere's format has one mode, with or without a schema. */
function jsonAskedBy({
  type,
  schema,
  jsonSchema,
}: Readonly<Record<string, unknown>>): Pick<WirePrompt, 'mode' | 'schema'> {
  if (type === 'JSON_SCHEMA') {
    return { mode: 'json_schema', schema: asRecord(asRecord(jsonSchema)['schema']) };
  }
  if (type !== 'JSON_OBJECT') return { mode: 'text', schema: null };
  return schema === undefined
    ? { mode: 'json_object', schema: null }
    : { mode: 'json_schema', schema: asRecord(schema) };
}

const finishReasons = { stop: 'stop', refusal: 'stop', length: 'length', 'content-filter': 'content_filter' };
const cohereReasons = {
  stop: 'COMPLETE',
  refusal: 'COMPLETE',
  length: 'MAX_TOKENS',
  'content-filter': 'ERROR_TOXIC',
};

function finishOf({ model, finish }: WireReply): string {
  return (isCohere(model) ? cohereReasons : finishReasons)[finish];
}

/** Cohere's models refuse in plain text. */
function messageOf({ model, finish }: WireReply, text: string): object {
  const refused = finish === 'refusal' && !isCohere(model);
  return {
    role: 'ASSISTANT',
    content: refused ? [] : [{ type: 'TEXT', text }],
    ...(refused ? { refusal: text } : {}),
  };
}

function usageOf({ usage: { inputTokens, outputTokens } }: WireReply): object {
  return {
    promptTokens: inputTokens,
    completionTokens: outputTokens,
    totalTokens: inputTokens + outputTokens,
    promptTokensDetails: { cachedTokens: 0 },
    completionTokensDetails: { reasoningTokens: 0 },
  };
}

/** Oracle pads its events, so that their length does not give the words away. */
function toEvent(data: object): string {
  return `data: ${JSON.stringify({ ...data, pad: 'aaaa' })}\n\n`;
}
