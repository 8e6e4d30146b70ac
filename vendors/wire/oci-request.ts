import type { models } from 'oci-generativeaiinference';
import type { Endpoint, Prompt } from '../vendor.ts';

type Asked = Omit<Endpoint<unknown, unknown>, 'settings' | 'credential'>;

/**
 * What `chat` of Oracle's inference API is called with (docs.oracle.com/iaas/api/#/en/generative-ai-inference, 20231130).
 * A model is named by its id and served on demand; the OCID of an endpoint stands for a dedicated one.
 */
export function toChatDetails(prompt: Prompt, asked: Asked, compartmentId: string): models.ChatDetails {
  const { upstreamId } = asked;
  return {
    compartmentId,
    servingMode: upstreamId.startsWith('ocid1.generativeaiendpoint.')
      ? { servingType: 'DEDICATED', endpointId: upstreamId }
      : { servingType: 'ON_DEMAND', modelId: upstreamId },
    chatRequest: isCohere(upstreamId) ? toCohereRequest(prompt, asked) : toGenericRequest(prompt, asked),
  };
}

/** Cohere's models have a format of their own and take no other; whose model a dedicated endpoint holds, its id does not say. */
export function isCohere(upstreamId: string): boolean {
  return upstreamId.startsWith('cohere.');
}

function toGenericRequest(prompt: Prompt, asked: Asked): models.GenericChatRequest {
  // OpenAI's reasoning models refuse the older field, at Oracle as everywhere.
  const field =
    asked.maxTokensField ?? (asked.upstreamId.startsWith('openai.') ? 'max_completion_tokens' : 'max_tokens');
  return {
    apiFormat: 'GENERIC',
    messages: toMessages(prompt),
    ...(field === 'max_tokens'
      ? { maxTokens: asked.maxOutputTokens }
      : { maxCompletionTokens: asked.maxOutputTokens }),
    ...toGenericFormat(prompt.answer),
    ...toStreamFields(asked),
  };
}

function toGenericFormat(answer: Prompt['answer']): Pick<models.GenericChatRequest, 'responseFormat'> {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  if (answer.mode === 'json_object') return { responseFormat: { type: 'JSON_OBJECT' } };
  const jsonSchema = { name: 'answer', schema: answer.schema, isStrict: true };
  return { responseFormat: { type: 'JSON_SCHEMA', jsonSchema } };
}

function toCohereRequest(prompt: Prompt, asked: Asked): models.CohereChatRequestV2 {
  return {
    apiFormat: 'COHEREV2',
    messages: toMessages(prompt),
    maxTokens: asked.maxOutputTokens,
    ...toCohereFormat(prompt.answer),
    ...toStreamFields(asked),
  };
}

/** The schema goes along with the one mode there is. */
function toCohereFormat(answer: Prompt['answer']): Pick<models.CohereChatRequestV2, 'responseFormat'> {
  if (answer.kind === 'text' || answer.mode === 'prompt') return {};
  const schema = answer.mode === 'json_schema' ? { schema: answer.schema } : {};
  return { responseFormat: { type: 'JSON_OBJECT', ...schema } };
}

interface Message {
  readonly role: string;
  readonly content: { readonly type: string; readonly text: string }[];
}

function toMessages({ system, turns }: Prompt): Message[] {
  const message = (role: string, text: string): Message => ({ role, content: [{ type: 'TEXT', text }] });
  return [
    ...(system === '' ? [] : [message('SYSTEM', system)]),
    ...turns.map(({ by, text }) => message(by === 'user' ? 'USER' : 'ASSISTANT', text)),
  ];
}

function toStreamFields({ streaming }: Asked): Pick<models.GenericChatRequest, 'isStream' | 'streamOptions'> {
  return streaming ? { isStream: true, streamOptions: { isIncludeUsage: true } } : {};
}
