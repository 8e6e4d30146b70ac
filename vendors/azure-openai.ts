import { z } from 'zod';
import type { VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { callOpenai, type OpenaiTarget } from './call-openai.ts';
import { defineVendor, misconfigured } from './define-vendor.ts';
import { baseUrl, secret } from './schemas.ts';
import { fetchWithEntraToken } from './tokens/entra-token.ts';
import type { Endpoint, Prompt, Reach } from './vendor.ts';
import { openaiChat } from './wire/openai-chat.ts';
import { openaiResponses } from './wire/openai-responses.ts';

const settings = z
  .strictObject({
    endpoint: baseUrl.refine(
      (url) => !/\/openai\/(v1|deployments)(\/|$)/.test(new URL(url).pathname),
      'must end before /openai/…: everything from there on is added',
    ),
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'must be a date such as 2024-10-21; leave it out for v1')
      .optional(),
    api: z.enum(['responses', 'chat']).optional(),
  })
  .refine((given) => given.apiVersion === undefined || given.api !== 'responses', {
    path: ['api'],
    error: 'must not be responses beside apiVersion: dated versions serve chat. Leave out one of the two',
  });

const credential = z
  .strictObject({
    apiKey: secret.optional(),
    /** Spliced into the path of the token endpoint. */
    tenantId: z
      .string()
      .regex(
        /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8})$/i,
        'must be the id of the tenant (a UUID) or one of its domains',
      )
      .optional(),
    clientId: secret.optional(),
    clientSecret: secret.optional(),
    scope: z
      .string()
      .max(512)
      .regex(/^[\w.:/~-]+$/, 'must be one scope, such as https://cognitiveservices.azure.com/.default')
      .optional(),
  })
  .refine(({ apiKey, scope, ...client }) => {
    const held = [client.tenantId, client.clientId, client.clientSecret].filter((one) => one !== undefined);
    return apiKey === undefined ? held.length === 3 : held.length === 0 && scope === undefined;
  }, 'must hold either apiKey, or tenantId, clientId and clientSecret');
const identity = z.strictObject({ workload: z.literal(true) });
const lent = z.strictObject({ accessToken: secret });

/** As Microsoft's examples have them, read 2026-11-24. Sovereign clouds have others: hence the field. */
const scopes = {
  v1: 'https://ai.azure.com/.default',
  dated: 'https://cognitiveservices.azure.com/.default',
};

type Settings = z.infer<typeof settings>;
type Credential = Partial<z.infer<typeof credential> & z.infer<typeof lent>>;

/**
 * OpenAI's models as Azure serves them: by the v1 API, or by a dated version where `apiVersion` names one. The upstream
 * id is the deployment (learn.microsoft.com/azure/foundry/openai/api-version-lifecycle).
 */
export const azureOpenai = defineVendor<Settings, Credential>({
  settings,
  credential,
  identity,
  lent,
  needsCredential: true,
  sdk: 'openai',
  hosts: ({ endpoint }, { entraAuthority }) => [new URL(endpoint).origin, new URL(entraAuthority).origin],
  audience: ({ endpoint }) => audienceOf('azure-openai', endpoint),
  call,
});

function call(prompt: Prompt, endpoint: Endpoint<Settings, Credential>, reach: Reach): Promise<VendorReply> {
  const { settings: provider, credential: given } = endpoint;
  const { headers, fetch } = identify(provider, given ?? {}, reach);
  return callOpenai(
    prompt,
    endpoint,
    { ...reach, fetch },
    { ...targetOf(provider, endpoint.upstreamId), headers },
  );
}

/** v1 names the deployment in the body, a dated version in the path, and serves Chat Completions only. */
function targetOf(
  { endpoint, apiVersion, api }: Settings,
  deployment: string,
): Omit<OpenaiTarget, 'headers'> {
  const root = `${endpoint.replace(/\/+$/, '')}/openai`;
  const maxTokensField = 'max_completion_tokens';
  if (apiVersion === undefined) {
    return { baseUrl: `${root}/v1`, wire: api === 'chat' ? openaiChat : openaiResponses, maxTokensField };
  }
  // URLs drop these two segments, and nothing of a name may change where the call goes.
  if (deployment === '.' || deployment === '..') {
    throw misconfigured(
      "The model's upstreamId is not the name of a deployment. Correct it and save the model.",
    );
  }
  return {
    baseUrl: `${root}/deployments/${encodeURIComponent(deployment)}`,
    query: { 'api-version': apiVersion },
    wire: openaiChat,
    maxTokensField,
  };
}

/** Azure takes keys in a header of its own, and tokens of Entra's where OpenAI takes keys. */
function identify({ apiVersion }: Settings, given: Credential, reach: Reach) {
  const { apiKey, accessToken = '', tenantId, clientId, clientSecret } = given;
  if (apiKey !== undefined) return { headers: { 'api-key': apiKey }, fetch: reach.fetch };
  if (tenantId === undefined || clientId === undefined || clientSecret === undefined) {
    return { headers: { authorization: `Bearer ${accessToken}` }, fetch: reach.fetch };
  }
  const { scope = apiVersion === undefined ? scopes.v1 : scopes.dated } = given;
  const fetch = fetchWithEntraToken(reach, { tenantId, clientId, clientSecret, scope });
  return { headers: {}, fetch };
}
