import { z } from 'zod';
import { audienceOf } from './audience.ts';
import { callOpenai } from './call-openai.ts';
import { listOpenai } from './list-openai.ts';
import { baseUrl, openHeaders, secret, secretHeaders } from './schemas.ts';
import { defineVendor } from './define-vendor.ts';
import type { Account } from './vendor.ts';
import { openaiChat } from './wire/openai-chat.ts';
import { openaiResponses } from './wire/openai-responses.ts';

const settings = z.strictObject({
  baseUrl,
  api: z.enum(['chat', 'responses']).optional(),
  headers: openHeaders.optional(),
});

const credential = z
  .strictObject({ apiKey: secret.optional(), headers: secretHeaders.optional() })
  .refine(
    (given) => given.apiKey !== undefined || given.headers !== undefined,
    'must hold apiKey, headers or both',
  )
  .refine(
    (given) => given.apiKey === undefined || !Object.keys(given.headers ?? {}).some(isAuthorization),
    'must not hold both apiKey and an Authorization header',
  );

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization';
}

/** Any self-hosted endpoint in OpenAI's format. Chat Completions unless the provider says `api: responses`. */
export const custom = defineVendor<z.infer<typeof settings>, z.infer<typeof credential>>({
  settings,
  credential,
  needsCredential: false,
  sdk: 'openai',
  hosts: (provider) => [new URL(provider.baseUrl).origin],
  audience: (provider) => audienceOf('custom', provider.baseUrl),
  call: (prompt, endpoint, reach) =>
    callOpenai(prompt, endpoint, reach, {
      baseUrl: endpoint.settings.baseUrl,
      wire: endpoint.settings.api === 'responses' ? openaiResponses : openaiChat,
      maxTokensField: 'max_tokens',
      headers: headersOf(endpoint),
    }),
  listModels: (account, reach) => listOpenai(reach, account.settings.baseUrl, headersOf(account)),
});

function headersOf({
  settings: provider,
  credential: given,
}: Account<z.infer<typeof settings>, z.infer<typeof credential>>): Readonly<Record<string, string>> {
  return {
    ...lowerCased(provider.headers),
    ...(given?.apiKey === undefined ? {} : { authorization: `Bearer ${given.apiKey}` }),
    // Last: what is sealed wins over what anybody may read.
    ...lowerCased(given?.headers),
  };
}

/** Two spellings of one name would be sent twice, joined by a comma. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
