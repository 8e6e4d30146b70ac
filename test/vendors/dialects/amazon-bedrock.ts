import { errorFrame, eventFrame, exceptionFrame } from '../../../testing/wire/aws-frames.ts';
import { vendors } from '../../../vendors/index.ts';
import { usage, type Dialect, type Meant, type Refusal } from './dialect.ts';

const words = 'planted vendor words';
const refusal = (status: number, code: string, type: Refusal['type'], message: string = words): Refusal => ({
  status,
  headers: { 'x-amzn-errortype': `${code}:http://internal.amazon.com/coral/com.amazon.coral.service/` },
  body: JSON.stringify({ message }),
  type,
});
/** Some services say the code in the body instead. */
const inBody = (status: number, code: string, type: Refusal['type']): Refusal => ({
  status,
  body: JSON.stringify({ __type: `com.amazon.coral.service#${code}`, Message: words }),
  type,
});

const ends = {
  stop: 'end_turn',
  length: 'max_tokens',
  refusal: 'end_turn',
  filtered: 'guardrail_intervened',
};
const counts = {
  inputTokens: 14,
  outputTokens: 8,
  totalTokens: 29,
  cacheReadInputTokens: 4,
  cacheWriteInputTokens: 3,
};

const delta = (text: string) => eventFrame('contentBlockDelta', { contentBlockIndex: 1, delta: { text } });
const damaged = (frame: Buffer): Buffer => {
  const copy = Buffer.from(frame);
  copy[copy.length - 12]! ^= 1;
  return copy;
};
const tooLong = 'Input is too long for requested model.';

export const bedrockDialect: Dialect = {
  name: 'amazon-bedrock in Converse',
  vendor: vendors['amazon-bedrock'],
  settings: (url) => ({ region: 'eu-central-1', endpoint: url }),
  credential: { accessKeyId: 'AKIAKNOWN', secretAccessKey: 'known secret' },
  paths: { streamed: '/model/some-model/converse-stream', whole: '/model/some-model/converse' },
  asked: ({ path, body }) => {
    const format = body['outputConfig'] as { textFormat?: { type?: string } } | undefined;
    const tool = body['toolConfig'] as { toolChoice?: { tool?: { name?: string } } } | undefined;
    const said = body['messages'] as { role: 'user' | 'assistant'; content: { text: string }[] }[];
    return {
      model: path.split('/')[2],
      streaming: path.endsWith('-stream'),
      maxTokens: (body['inferenceConfig'] as { maxTokens?: number }).maxTokens,
      messages: [
        { role: 'system', text: (body['system'] as { text: string }[])[0]?.text },
        ...said.map(({ role, content }) => ({ role, text: content[0]?.text })),
      ],
      format:
        format?.textFormat?.type === 'json_schema'
          ? 'json_schema'
          : tool?.toolChoice?.tool?.name === 'respond'
            ? 'tool'
            : 'none',
    };
  },
  formats: { json_schema: 'json_schema', json_object: 'tool', prompt: 'none' },
  usage: { ...usage, reasoningTokens: null },
  whole: ({ words: said, end, usage: counted }: Meant) =>
    JSON.stringify({
      output: {
        message: {
          role: 'assistant',
          content: [{ reasoningContent: { reasoningText: { text: 'hm' } } }, { text: said.join('') }],
        },
      },
      stopReason: ends[end],
      metrics: { latencyMs: 1 },
      ...(counted ? { usage: counts } : {}),
    }),
  streamHeaders: { 'content-type': 'application/vnd.amazon.eventstream' },
  events: ({ words: said, end, usage: counted }: Meant) => [
    eventFrame('messageStart', { role: 'assistant', p: 'abcd' }),
    eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'hm' } } }),
    ...said.map(delta),
    eventFrame('contentBlockStop', { contentBlockIndex: 1 }),
    eventFrame('messageStop', { stopReason: ends[end] }),
    eventFrame('metadata', { metrics: { latencyMs: 1 }, ...(counted ? { usage: counts } : {}) }),
  ],
  head: 1,
  tail: 1,
  harmless: [eventFrame('ofALaterVersion', { what: 1 }), eventFrame('contentBlockStop', {})],
  damaged: damaged(delta('lost words')),
  errorEvents: [
    ['throttlingException', exceptionFrame('throttlingException', words), 'model.rate-limited'],
    ['serviceUnavailableException', exceptionFrame('serviceUnavailableException', words), 'model.overloaded'],
    ['modelStreamErrorException', exceptionFrame('modelStreamErrorException', words), 'model.server-error'],
    ['internalServerException', exceptionFrame('internalServerException', words), 'model.server-error'],
    ['modelTimeoutException', exceptionFrame('modelTimeoutException', words), 'model.timed-out'],
    ['validationException', exceptionFrame('validationException', words), 'model.rejected'],
    ['a prompt too long', exceptionFrame('validationException', tooLong), 'model.context-too-long'],
    ['an exception of a later version', exceptionFrame('laterException', words), 'model.server-error'],
    ['an error without a model', errorFrame('ThrottlingException', words), 'model.rate-limited'],
    ['an error of unknown code', errorFrame('NeverHeardOf', words), 'model.server-error'],
  ],
  nonAnswers: [
    ['no message', '{"stopReason":"end_turn"}'],
    ['no end', '{"output":{"message":{"content":[{"text":"a"}]}}}'],
    ['an end that is none', '{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"later"}'],
    ['malformed output', '{"output":{"message":{"content":[]}},"stopReason":"malformed_model_output"}'],
    ['a malformed call', '{"output":{"message":{"content":[]}},"stopReason":"malformed_tool_use"}'],
    ['an unknown operation', '{"Output":{"__type":"UnknownOperationException"},"Version":"1.0"}'],
  ],
  refusals: [
    refusal(400, 'ValidationException', 'model.rejected'),
    refusal(400, 'ValidationException', 'model.context-too-long', tooLong),
    refusal(
      400,
      'ValidationException',
      'model.rejected',
      'The maximum tokens you requested exceeds the model limit of 4096.',
    ),
    refusal(
      400,
      'ValidationException',
      'model.content-filtered',
      'Output blocked by content filtering policy',
    ),
    refusal(400, 'ValidationException', 'model.not-found', 'The provided model identifier is invalid.'),
    refusal(
      400,
      'ValidationException',
      'model.not-found',
      'Invocation of model ID m with on-demand throughput isn’t supported.',
    ),
    refusal(400, 'ValidationException', 'model.forbidden', 'Operation not allowed'),
    refusal(400, 'ServiceQuotaExceededException', 'model.quota-exhausted'),
    refusal(403, 'AccessDeniedException', 'model.forbidden'),
    refusal(403, 'UnrecognizedClientException', 'model.unauthorized'),
    refusal(403, 'InvalidSignatureException', 'model.unauthorized'),
    refusal(403, 'ExpiredTokenException', 'model.unauthorized'),
    inBody(403, 'MissingAuthenticationTokenException', 'model.unauthorized'),
    refusal(404, 'ResourceNotFoundException', 'model.not-found'),
    refusal(404, 'FTUFormNotFilled', 'model.forbidden'),
    refusal(408, 'ModelTimeoutException', 'model.timed-out'),
    refusal(424, 'ModelErrorException', 'model.server-error'),
    refusal(429, 'ThrottlingException', 'model.rate-limited'),
    { ...refusal(429, 'ThrottlingException', 'model.rate-limited'), body: '<html>' },
    refusal(429, 'ModelNotReadyException', 'model.overloaded'),
    refusal(500, 'InternalServerException', 'model.server-error'),
    refusal(503, 'ServiceUnavailableException', 'model.overloaded'),
    inBody(503, 'ThrottlingException', 'model.rate-limited'),
    { status: 502, body: '<html>Bad gateway, input is too long</html>', type: 'model.server-error' },
  ],
  refusedMode: {
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: JSON.stringify({ message: 'planted: this model does not support outputConfig.textFormat' }),
  },
  skip: {
    refusal: 'the format has no refusal of the model itself; guardrails are filters',
    'text lines': 'its stream is binary',
  },
};
