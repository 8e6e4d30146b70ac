import { accessKeyOf, findSignatureFault } from '../signatures/sigv4.ts';
import { eventFrame } from './aws-frames.ts';
import { asCount, asRecord, bearerOf, textOfContent } from './wire.ts';
import type { Frame, Problem, ProblemReply, Wire, WirePrompt, WireReply } from './wire.ts';

/** Amazon Bedrock's Converse and ConverseStream: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. */
export const bedrockConverse: Wire = {
  match(path) {
    const [, model, stream] = /^model\/([^/]+)\/converse(-stream)?$/.exec(path) ?? [];
    return model === undefined ? null : { model: decodeURIComponent(model), stream: stream !== undefined };
  },
  headers: () => ({ 'x-amzn-requestid': crypto.randomUUID() }),
  modeParameter: 'outputConfig.textFormat or toolConfig.toolChoice',
  streamType: 'application/vnd.amazon.eventstream',
  damagedEvent: eventFrame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"te'),

  keyOf: (request) => bearerOf(request) ?? accessKeyOf(request),
  problem: problemOf,
  refuse(request, body, accounts) {
    if (bearerOf(request) !== null) return null;
    const problem = findSignatureFault(request, body, accounts);
    return problem === null ? null : { status: 403, problem };
  },

  read(body, ask) {
    const request = asRecord(body);
    const { messages } = request;
    if (!Array.isArray(messages) || ask.model === null) return undefined;
    const textFormat = asRecord(asRecord(request['outputConfig'])['textFormat']);
    const jsonSchema = asRecord(asRecord(textFormat['structure'])['jsonSchema']);
    return {
      model: ask.model,
      system: textOfContent(request['system']),
      turns: messages.map(asRecord).map(({ role, content }) => ({
        by: role === 'assistant' ? 'model' : 'user',
        text: textOfContent(content),
      })),
      ...formatOf(textFormat['type'], jsonSchema['schema'], asRecord(request['toolConfig'])),
      maxTokens: asCount(asRecord(request['inferenceConfig'])['maxTokens']),
      stream: ask.stream === true,
      includeUsage: true,
    };
  },

  whole: (reply, prompt) => ({
    output: { message: { role: 'assistant', content: reply.empty ? [] : [blockOf(reply, prompt)] } },
    stopReason: stopReasonOf(reply, prompt),
    usage: usageOf(reply),
    metrics: { latencyMs: 1 },
  }),
  frames: framesOf,
};

type Format = Pick<WirePrompt, 'mode' | 'schema'>;

/** The schema of a text comes as a string, that of a tool as it is. */
function formatOf(type: unknown, schema: unknown, toolConfig: Readonly<Record<string, unknown>>): Format {
  if (type === 'json_schema') {
    return { mode: 'json_schema', schema: asRecord(readJson(schema)) };
  }
  const { tools, toolChoice } = toolConfig;
  if (asRecord(toolChoice)['tool'] === undefined) return { mode: 'text', schema: null };
  const spec = asRecord(asRecord(Array.isArray(tools) ? tools[0] : null)['toolSpec']);
  return { mode: 'json_object', schema: asRecord(asRecord(spec['inputSchema'])['json']) };
}

function framesOf(reply: WireReply, prompt: WirePrompt): readonly Frame[] {
  const frame = (kind: Frame['kind'], type: string, data: object): Frame => ({
    kind,
    text: eventFrame(type, data),
  });
  const asTool = prompt.mode === 'json_object';
  const deltaOf = (token: string): object => (asTool ? { toolUse: { input: token } } : { text: token });
  const start = { contentBlockIndex: 0, start: { toolUse: { toolUseId, name: 'respond' } } };
  return [
    frame('opening', 'messageStart', { role: 'assistant' }),
    // A block of text begins with its first word; only a tool is announced.
    ...(asTool && !reply.empty ? [frame('opening', 'contentBlockStart', start)] : []),
    ...(reply.empty ? [] : reply.tokens).map((token) =>
      frame('token', 'contentBlockDelta', { contentBlockIndex: 0, delta: deltaOf(token) }),
    ),
    frame('terminal', 'contentBlockStop', { contentBlockIndex: 0 }),
    frame('terminal', 'messageStop', { stopReason: stopReasonOf(reply, prompt) }),
    frame('terminal', 'metadata', { usage: usageOf(reply), metrics: { latencyMs: 1 } }),
  ];
}

const toolUseId = 'tooluse_sandbox';

/** Where a tool has to be called, the answer is its input; one that was cut is none. */
function blockOf({ tokens }: WireReply, { mode }: WirePrompt): object {
  const text = tokens.join('');
  return mode === 'json_object'
    ? { toolUse: { toolUseId, name: 'respond', input: readJson(text) } }
    : { text };
}

function readJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return {};
  }
}

/** The model's own refusal ends like any other text. */
const stopReasons = {
  stop: 'end_turn',
  refusal: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'guardrail_intervened',
};

function stopReasonOf({ finish }: WireReply, { mode }: WirePrompt): string {
  return mode === 'json_object' && finish === 'stop' ? 'tool_use' : stopReasons[finish];
}

function usageOf({ usage: { inputTokens, outputTokens } }: WireReply): object {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

/** What Bedrock calls the faults that can be asked for by the words of other vendors. */
const known: Readonly<Record<string, readonly [type: string, message: string]>> = {
  context_length_exceeded: ['ValidationException', 'Input is too long for requested model.'],
  content_policy_violation: ['ValidationException', 'Output blocked by content filtering policy'],
  insufficient_quota: ['ServiceQuotaExceededException', 'Your account has reached its quota.'],
  invalid_api_key: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
};

const typeByStatus: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  422: 'ValidationException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
};

function problemOf(status: number, { code, message }: Problem): ProblemReply {
  const byCode = known[code ?? ''];
  const own = code?.endsWith('Exception') === true ? code : undefined;
  const type = byCode?.[0] ?? own ?? typeByStatus[status] ?? 'InternalServerException';
  return { body: { message: byCode?.[1] ?? message }, headers: { 'x-amzn-errortype': type } };
}
