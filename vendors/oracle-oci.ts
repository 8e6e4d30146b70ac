import { z } from 'zod';
import type { VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { callOci } from './call-oci.ts';
import { callOpenai } from './call-openai.ts';
import { defineVendor, misconfigured } from './define-vendor.ts';
import { ociWords } from './errors/oci-words.ts';
import { fetchList, textIn } from './fetch-list.ts';
import { listOpenai } from './list-openai.ts';
import { ociDomain, ociHost, ociManagementHost } from './oci-host.ts';
import { baseUrl, secret } from './schemas.ts';
import { isSealedPem, openOciKey } from './tokens/oci-key.ts';
import { fetchWithOciSignature } from './tokens/oci-signature.ts';
import type { Account, Endpoint, ListedModel, Prompt, Reach } from './vendor.ts';
import { openaiResponses } from './wire/openai-responses.ts';
import { asList } from './wire/wire.ts';

/** No more is asked of an OCID than that it fits into a header and a key id: Oracle's own forms have changed over time. */
const ocid = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'must be an OCID, such as ocid1.compartment.oc1..aaaa');

const settings = z.strictObject({
  // Spliced into the host.
  region: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the identifier of a region, such as us-chicago-1'),
  compartmentId: ocid,
  endpoint: baseUrl
    .refine(
      (url) => !/\/(20231130|openai\/v1)(\/|$)/.test(new URL(url).pathname),
      'must end before /20231130 or /openai/v1: everything from there on is added',
    )
    .optional(),
  api: z.enum(['native', 'openai']).optional(),
  projectId: ocid.optional(),
});

const pem = z
  .string()
  .max(16_384)
  .regex(
    /-----BEGIN (RSA |ENCRYPTED )?PRIVATE KEY-----\r?\n[\s\S]+\n-----END /,
    'must be a private key in PEM, with its first and last line and with its line breaks',
  );

const apiKey = z.strictObject({ apiKey: secret });
const signingKey = z
  .strictObject({
    tenancyId: ocid,
    userId: ocid,
    fingerprint: z
      .string()
      .regex(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/, 'must be 16 pairs of hexadecimal digits, such as 0b:1c:…'),
    privateKey: pem,
    passphrase: secret.optional(),
  })
  .superRefine(({ fingerprint, ...sealed }, context) => {
    const key = openOciKey(sealed);
    const fault = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (key === null && isSealedPem(sealed.privateKey)) {
      fault('passphrase', 'does not open privateKey, or not within 100,000 rounds of PBKDF2');
    } else if (key === null) {
      fault('privateKey', 'is no RSA key of 2048 to 8192 bits that can be read');
    } else if (key.fingerprint !== fingerprint) {
      fault('fingerprint', 'is not the one of privateKey: take both from the same API key');
    }
  });
const credential = z.union([signingKey, apiKey], {
  error:
    'must hold tenancyId, userId, fingerprint and privateKey (with passphrase, if it has one), or apiKey',
});
const identity = z.strictObject({
  workload: z.enum(['instance_principal', 'resource_principal', 'oke_workload_identity']),
});
const lent = z.strictObject({ securityToken: secret, privateKey: pem, passphrase: secret.optional() });

type Settings = z.infer<typeof settings>;
type Credential = z.infer<typeof credential> | z.infer<typeof lent>;

/**
 * Oracle's Generative AI service: its own API, or the one in OpenAI's format. The upstream id is a model's id or the OCID of
 * a dedicated endpoint.
 */
export const oracleOci = defineVendor<Settings, Credential>({
  settings,
  credential,
  identity,
  lent,
  needsCredential: true,
  sdk: 'oci-generativeaiinference',
  hosts: (provider) => [new URL(rootOf(provider)).origin],
  audience: ({ endpoint, region }) =>
    endpoint === undefined ? `oracle-oci:${ociDomain(region)}` : audienceOf('oracle-oci', endpoint),
  call,
  listModels,
  listHosts: (provider) => [new URL(listRootOf(provider)).origin],
});

function rootOf({ endpoint, region }: Settings): string {
  // Through `URL`, because the SDK would fill in what stands in braces.
  return new URL(endpoint ?? ociHost(region)).href.replace(/\/+$/, '');
}

const apiKeyNeedsOpenai =
  "The provider's credential.apiKey serves only where settings.api is openai. Set that, or a credential with tenancyId, userId, fingerprint and privateKey.";

async function call(
  prompt: Prompt,
  endpoint: Endpoint<Settings, Credential>,
  reach: Reach,
): Promise<VendorReply> {
  const { settings: provider, credential: given } = endpoint;
  if (given === null || 'apiKey' in given)
    return callWithApiKey(prompt, endpoint, reach, given?.apiKey ?? '');
  const signed = { ...reach, fetch: fetchWithOciSignature(reach.fetch, given) };
  if (provider.api === 'openai') return callCompatible(prompt, endpoint, signed, {});
  const { compartmentId } = provider;
  return callOci(prompt, endpoint, signed, { baseUrl: rootOf(provider), compartmentId });
}

/** Models are listed by the service's other API, which has a host of its own; an API key reads OpenAI's list instead. */
function listRootOf(provider: Settings): string {
  const { endpoint, api, region } = provider;
  return endpoint !== undefined || api === 'openai' ? rootOf(provider) : ociManagementHost(region);
}

/** docs.oracle.com/iaas/api/#/en/generative-ai/20231130/ModelCollection/ListModels */
function listModels(
  { settings: provider, credential: given }: Account<Settings, Credential>,
  reach: Reach,
): Promise<readonly ListedModel[]> {
  const { compartmentId, api } = provider;
  const root = listRootOf(provider);
  if (api === 'openai') {
    const byKey = given === null || 'apiKey' in given;
    const headers = {
      ...(byKey ? { authorization: `Bearer ${given?.apiKey ?? ''}` } : {}),
      compartmentid: compartmentId,
      'opc-compartment-id': compartmentId,
    };
    const fetch = byKey ? reach.fetch : fetchWithOciSignature(reach.fetch, given);
    return listOpenai({ ...reach, fetch }, `${root}/openai/v1`, headers);
  }
  if (given === null || 'apiKey' in given) throw misconfigured(apiKeyNeedsOpenai);
  const query = new URLSearchParams({
    compartmentId,
    capability: 'CHAT',
    lifecycleState: 'ACTIVE',
    limit: '1000',
  });
  const url = `${root}/20231130/models?${query.toString()}`;
  return fetchList(
    { ...reach, fetch: fetchWithOciSignature(reach.fetch, given) },
    { url, headers: {}, words: ociWords },
    (answer) =>
      asList(answer['items']).map((one) => {
        const displayName = textIn(one, 'displayName');
        // Models of Oracle's own are called by name (`cohere.command-a-03-2025`), and only the name tells their format.
        const isName = /^[a-z][\w-]*\.[\w.-]+$/.test(displayName);
        return { upstreamId: isName ? displayName : textIn(one, 'id'), name: displayName };
      }),
  );
}

async function callWithApiKey(
  prompt: Prompt,
  endpoint: Endpoint<Settings, Credential>,
  reach: Reach,
  key: string,
): Promise<VendorReply> {
  if (endpoint.settings.api !== 'openai') throw misconfigured(apiKeyNeedsOpenai);
  return callCompatible(prompt, endpoint, reach, { authorization: `Bearer ${key}` });
}

/** Responses, because Oracle calls it the primary one of its compatible API, and it takes all that we send. */
function callCompatible(
  prompt: Prompt,
  endpoint: Endpoint<Settings, Credential>,
  reach: Reach,
  authorization: Readonly<Record<string, string>>,
): Promise<VendorReply> {
  const { compartmentId, projectId } = endpoint.settings;
  return callOpenai(prompt, endpoint, reach, {
    baseUrl: `${rootOf(endpoint.settings)}/openai/v1`,
    wire: { ...openaiResponses, errors: ociWords },
    maxTokensField: 'max_completion_tokens',
    headers: {
      ...authorization,
      // One of the two names is read by Chat Completions, the other by Responses.
      compartmentid: compartmentId,
      'opc-compartment-id': compartmentId,
      ...(projectId === undefined ? {} : { 'openai-project': projectId }),
    },
  });
}
