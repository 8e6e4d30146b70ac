import { z } from 'zod';
import { callOpenai } from './call-openai.ts';
import { audienceOf } from './audience.ts';
import { baseUrl, secret } from './schemas.ts';
import { defineVendor } from './define-vendor.ts';
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
  call: (prompt, endpoint, reach) => {
    const { organization, project, api } = endpoint.settings;
    return callOpenai(prompt, endpoint, reach, {
      baseUrl: endpoint.settings.baseUrl ?? publicUrl,
      wire: api === 'chat' ? openaiChat : openaiResponses,
      maxTokensField: 'max_completion_tokens',
      headers: {
        authorization: `Bearer ${endpoint.credential?.apiKey ?? ''}`,
        ...(organization === undefined ? {} : { 'openai-organization': organization }),
        ...(project === undefined ? {} : { 'openai-project': project }),
      },
    });
  },
});
