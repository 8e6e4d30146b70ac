import { vendors } from '../../../vendors/index.ts';
import type { Dialect, Refusal } from './dialect.ts';
import { chat, openaiRefusals, responses } from './openai.ts';

const said = (status: number, error: object, type: Refusal['type']): Refusal => ({
  status,
  body: JSON.stringify({ error: { message: 'planted vendor words', ...error } }),
  type,
});

/** Azure's own errors, beside OpenAI's: of its gateway, its deployments and its content filter. */
const azureRefusals: readonly Refusal[] = [
  said(
    400,
    { code: 'content_filter', status: 400, innererror: { code: 'ResponsibleAIPolicyViolation' } },
    'model.content-filtered',
  ),
  said(400, { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'model.content-filtered'),
  said(400, { code: 'OperationNotSupported' }, 'model.rejected'),
  said(401, { code: '401' }, 'model.unauthorized'),
  said(401, { code: 'PermissionDenied' }, 'model.forbidden'),
  said(403, { code: '403' }, 'model.forbidden'),
  said(404, { code: 'DeploymentNotFound' }, 'model.not-found'),
  said(404, { code: '404' }, 'model.not-found'),
  said(408, { code: 'Timeout' }, 'model.timed-out'),
  {
    ...said(429, { code: '429' }, 'model.rate-limited'),
    headers: { 'retry-after-ms': '1500' },
    retryAfterMs: 1_500,
  },
  {
    ...said(429, { code: 'RateLimitReached' }, 'model.rate-limited'),
    headers: { 'retry-after': '6' },
    retryAfterMs: 6_000,
  },
  said(429, { code: 'insufficient_quota' }, 'model.quota-exhausted'),
  said(500, { code: 'InternalServerError' }, 'model.server-error'),
  said(503, { code: 'ServiceUnavailable' }, 'model.overloaded'),
];

const inAll = { vendor: vendors['azure-openai'], refusals: [...openaiRefusals, ...azureRefusals] };
const byKey = { credential: { apiKey: 'planted-azure-key' } };
const byToken = { credential: { accessToken: 'planted.lent.token' } };

export const azureDialects = {
  responses: {
    ...responses,
    ...inAll,
    ...byKey,
    name: 'azure-openai on v1 in Responses',
    settings: (url) => ({ endpoint: url }),
    paths: { streamed: '/openai/v1/responses', whole: '/openai/v1/responses' },
  },
  chat: {
    ...chat('max_completion_tokens'),
    ...inAll,
    ...byToken,
    name: 'azure-openai on v1 in Chat Completions, with a lent token',
    settings: (url) => ({ endpoint: `${url}/`, api: 'chat' }),
    paths: { streamed: '/openai/v1/chat/completions', whole: '/openai/v1/chat/completions' },
  },
  dated: {
    ...chat('max_completion_tokens'),
    ...inAll,
    ...byKey,
    name: 'azure-openai on a dated version',
    settings: (url) => ({ endpoint: url, apiVersion: '2024-10-21' }),
    paths: {
      streamed: '/openai/deployments/some-model/chat/completions?api-version=2024-10-21',
      whole: '/openai/deployments/some-model/chat/completions?api-version=2024-10-21',
    },
  },
} satisfies Record<string, Dialect>;
