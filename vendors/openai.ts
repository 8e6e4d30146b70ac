import { z } from 'zod';
import { callOpenai } from './call-openai.ts';
import { audienceOf } from './audience.ts';
import { listOpenai } from './list-openai.ts';
import { baseUrl, secret } from './schemas.ts';
import { defineVendor } from './define-vendor.ts';
import type { Account } from './vendor.ts';
import { openaiChat } from './wire/openai-chat.ts';
import { openaiResponses } from './wire/openai-responses.ts';

const publicUrl = 'https://api.openai.com/v1';

const settings = z.strictObject({
  baseUrl: baseUrl.optional(),
  organization: secret.optional(),
  project: secret.optional(),
  api: z.enum(['responses', 'chat']).optional(),
});

const credential = z.strictObject({ apiKey: secret });

/** OpenAI's own service. Responses unless the provider says `api: chat`. */
export const openai = defineVendor<z.infer<typeof settings>, z.infer<typeof credential>>({
  settings,
  credential,
  needsCredential: true,
  sdk: 'openai',
  hosts: (provider) => [new URL(provider.baseUrl ?? publicUrl).origin],
  audience: (provider) => audienceOf('openai', provider.baseUrl ?? publicUrl),
  call: (prompt, endpoint, reach) =>
    callOpenai(prompt, endpoint, reach, {
      baseUrl: endpoint.settings.baseUrl ?? publicUrl,
      wire: endpoint.settings.api === 'chat' ? openaiChat : openaiResponses,
      maxTokensField: 'max_completion_tokens',
      headers: headersOf(endpoint),
    }),
  listModels: (account, reach) =>
    listOpenai(reach, account.settings.baseUrl ?? publicUrl, headersOf(account)),
});

function headersOf({
  settings: { organization, project },
  credential: given,
}: Account<z.infer<typeof settings>, z.infer<typeof credential>>): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${given?.apiKey ?? ''}`,
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
}
