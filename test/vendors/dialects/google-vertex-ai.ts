import { vendors } from '../../../vendors/index.ts';
import type { SeenRequest } from '../scripted-server.ts';
import { event, type Dialect, type Meant, type Refusal } from './dialect.ts';

type Json = Readonly<Record<string, unknown>>;

const project = 'planted-project';
const location = 'europe-west4';
const below = `/v1/projects/${project}/locations/${location}/publishers/google/models/some-model`;
const express = '/v1/publishers/google/models/some-model';

const info = (reason: string, metadata: object = {}) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata,
});
const retryInfo = (retryDelay: string) => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay,
});
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId, quotaValue: '50' }],
});
const said = (code: number, status: string, message = 'planted', details: readonly object[] = []) =>
  JSON.stringify({ error: { code, message, status, details } });
const refusal = (status: number, body: string, type: Refusal['type'], retryAfterMs?: number): Refusal => ({
  status,
  body,
  type,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

const invalid = (message: string) => said(400, 'INVALID_ARGUMENT', message);
const exhausted = (...details: readonly object[]) => said(429, 'RESOURCE_EXHAUSTED', 'planted', details);

const refusals: readonly Refusal[] = [
  refusal(400, invalid('planted'), 'model.rejected'),
  refusal(
    400,
    invalid('It has a maxOutputTokens value of 9 but the supported range is 1 to 8.'),
    'model.rejected',
  ),
  refusal(400, said(400, 'FAILED_PRECONDITION'), 'model.rejected'),
  refusal(
    400,
    invalid('The input token count (25270) exceeds the maximum number of tokens allowed (4000).'),
    'model.context-too-long',
  ),
  refusal(
    400,
    invalid('Unable to submit request because the input token count is 9 but model only supports up to 8.'),
    'model.context-too-long',
  ),
  // In a list, as a stream that never began has it, and with the older form of details.
  refusal(
    400,
    `[${invalid('The input token count exceeds the maximum number of tokens allowed 1048576.')}]`,
    'model.context-too-long',
  ),
  refusal(400, said(400, 'INVALID_ARGUMENT', 'planted', [info('API_KEY_INVALID')]), 'model.unauthorized'),
  refusal(400, invalid('The prompt violates our Responsible AI practices.'), 'model.content-filtered'),
  refusal(
    400,
    said(400, 'FAILED_PRECONDITION', 'Organization Policy constraint vertexai.allowedModels violated.'),
    'model.forbidden',
  ),
  refusal(401, said(401, 'UNAUTHENTICATED'), 'model.unauthorized'),
  refusal(401, said(401, 'UNAUTHENTICATED', 'planted', [info('ACCESS_TOKEN_EXPIRED')]), 'model.unauthorized'),
  refusal(403, said(403, 'PERMISSION_DENIED', 'planted', [info('IAM_PERMISSION_DENIED')]), 'model.forbidden'),
  refusal(403, said(403, 'PERMISSION_DENIED', 'planted', [info('SERVICE_DISABLED')]), 'model.forbidden'),
  refusal(
    403,
    said(403, 'PERMISSION_DENIED', 'planted', [info('BILLING_DISABLED')]),
    'model.quota-exhausted',
  ),
  refusal(403, '<html>', 'model.forbidden'),
  refusal(404, said(404, 'NOT_FOUND'), 'model.not-found'),
  refusal(404, '', 'model.not-found'),
  refusal(429, exhausted(), 'model.rate-limited'),
  refusal(429, exhausted(retryInfo('34s')), 'model.rate-limited', 34_000),
  refusal(429, exhausted(info('RATE_LIMIT_EXCEEDED'), retryInfo('1.5s')), 'model.rate-limited', 1_500),
  refusal(429, `[${exhausted(retryInfo('0.25s'))}]`, 'model.rate-limited', 250),
  refusal(429, exhausted(retryInfo('9000000s')), 'model.rate-limited', 86_400_000),
  refusal(429, exhausted(retryInfo('soon')), 'model.rate-limited'),
  refusal(
    429,
    exhausted(quota('GenerateRequestsPerMinutePerProjectPerModel-FreeTier'), retryInfo('7s')),
    'model.rate-limited',
    7_000,
  ),
  // Tomorrow is no use to a run, whatever RetryInfo says.
  refusal(
    429,
    exhausted(quota('GenerateRequestsPerDayPerProjectPerModel'), retryInfo('7s')),
    'model.quota-exhausted',
  ),
  refusal(
    429,
    exhausted(info('RATE_LIMIT_EXCEEDED', { quota_limit: 'GenerateContentRequestsPerDayPerProject' })),
    'model.quota-exhausted',
  ),
  refusal(499, said(499, 'CANCELLED'), 'model.server-error'),
  refusal(500, said(500, 'INTERNAL'), 'model.server-error'),
  refusal(500, said(500, 'UNKNOWN', 'The input token count is unknown.'), 'model.server-error'),
  refusal(501, said(501, 'UNIMPLEMENTED'), 'model.rejected'),
  refusal(502, '<html>Bad gateway</html>', 'model.server-error'),
  refusal(503, said(503, 'UNAVAILABLE', 'planted', [retryInfo('2s')]), 'model.overloaded', 2_000),
  refusal(504, said(504, 'DEADLINE_EXCEEDED'), 'model.timed-out'),
];

const usageMetadata = {
  promptTokenCount: 21,
  cachedContentTokenCount: 4,
  candidatesTokenCount: 6,
  thoughtsTokenCount: 2,
  totalTokenCount: 29,
  trafficType: 'ON_DEMAND',
};
const finishReasons = { stop: 'STOP', refusal: 'STOP', length: 'MAX_TOKENS', filtered: 'SAFETY' };

/** One event, or a whole answer. */
const response = (parts: readonly object[], finishReason?: string, counted = false): Json => ({
  candidates: [{ content: { role: 'model', parts }, finishReason }],
  ...(counted ? { usageMetadata } : {}),
  modelVersion: 'some-model-001',
  responseId: 'r-1',
});

function asked({ path, body }: SeenRequest): ReturnType<Dialect['asked']> {
  const [, model, method] = /models\/([^:]+):(\w+)/.exec(path) ?? [];
  const config = (body['generationConfig'] ?? {}) as Json;
  const textOf = (content: unknown) => (content as { parts: { text: unknown }[] }).parts[0]?.text;
  const contents = body['contents'] as readonly { readonly role: string }[];
  const wantsJson = config['responseMimeType'] === 'application/json';
  const json = config['responseJsonSchema'] === undefined ? 'json_object' : 'json_schema';
  return {
    model,
    streaming: method === 'streamGenerateContent',
    maxTokens: config['maxOutputTokens'],
    messages: [
      { role: 'system', text: textOf(body['systemInstruction']) },
      ...contents.map((content) => ({
        role: content.role === 'model' ? ('assistant' as const) : ('user' as const),
        text: textOf(content),
      })),
    ],
    format: wantsJson ? json : 'none',
  };
}

const inBoth = {
  vendor: vendors['google-vertex-ai'],
  asked,
  formats: { json_schema: 'json_schema', json_object: 'json_object', prompt: 'none' },
  whole: ({ words, end, usage: counted }: Meant) =>
    JSON.stringify(
      response(
        [{ text: 'planted thought', thought: true }, { text: words.join('') }],
        finishReasons[end],
        counted,
      ),
    ),
  streamHeaders: { 'content-type': 'text/event-stream' },
  events: ({ words, end, usage: counted }: Meant) => [
    event({ usageMetadata: { trafficType: 'ON_DEMAND' }, modelVersion: 'some-model-001' }),
    ...words.map((text) => event(response([{ text }]))),
    event(response([{ text: '' }], finishReasons[end], counted)),
  ],
  head: 1,
  tail: 0,
  harmless: [
    event({ usageMetadata: { trafficType: 'ON_DEMAND' } }),
    event(response([{ text: 'planted thought', thought: true }])),
    event(response([], 'FINISH_REASON_UNSPECIFIED')),
    event({ promptFeedback: { blockReason: 'BLOCKED_REASON_UNSPECIFIED' } }),
    event('{"usageMetadata": {"trafficT'),
    event('<html>'),
    ': a comment\n\n',
  ],
  damaged: event('{"candidates": [{"content": {"role": "model", "parts": [{"text": "lost wor'),
  errorEvents: (
    [
      [429, 'RESOURCE_EXHAUSTED', 'model.rate-limited'],
      [500, 'INTERNAL', 'model.server-error'],
      [503, 'UNAVAILABLE', 'model.overloaded'],
      [504, 'DEADLINE_EXCEEDED', 'model.timed-out'],
      [400, 'INVALID_ARGUMENT', 'model.rejected'],
      [401, 'UNAUTHENTICATED', 'model.unauthorized'],
    ] as const
  ).map(([code, status, type]) => [status, event(said(code, status, 'planted vendor words')), type] as const),
  nonAnswers: [
    ['no candidate', '{"candidates":[],"usageMetadata":{"promptTokenCount":3}}'],
    ['a candidate without an end', JSON.stringify(response([{ text: 'half' }]))],
    ['only thoughts', JSON.stringify(response([{ text: 'planted', thought: true }], 'STOP'))],
  ],
  refusals,
  refusedMode: {
    body: invalid(
      'planted: it has a mimeType parameter with value application/json, which is not supported.',
    ),
  },
  skip: { refusal: 'Gemini refuses in plain text, or a filter stops it' },
} satisfies Partial<Dialect>;

export const vertexDialects = {
  project: {
    ...inBoth,
    name: 'google-vertex-ai below a project',
    paths: { streamed: `${below}:streamGenerateContent?alt=sse`, whole: `${below}:generateContent` },
    settings: (url) => ({ project, location, endpoint: url }),
    credential: { accessToken: 'ya29.planted-token' },
  },
  express: {
    ...inBoth,
    name: 'google-vertex-ai in express mode',
    paths: { streamed: `${express}:streamGenerateContent?alt=sse`, whole: `${express}:generateContent` },
    settings: (url) => ({ endpoint: `${url}/` }),
    credential: { apiKey: 'planted-express-key' },
  },
} satisfies Record<string, Dialect>;
