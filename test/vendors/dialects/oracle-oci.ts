import { createHash, generateKeyPairSync } from 'node:crypto';
import { vendors } from '../../../vendors/index.ts';
import { event, usage, type Asked, type Dialect, type Meant, type Refusal } from './dialect.ts';
import { openaiRefusals, responses } from './openai.ts';

/** A key of a user's, as Oracle's console makes them: the fingerprint is the MD5 of the public key's DER. */
export const ociKey = (() => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const digest = createHash('md5')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return {
    publicKey,
    privateKey,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: digest.match(/../g)!.join(':'),
  };
})();

export const ociCredential = {
  tenancyId: 'ocid1.tenancy.oc1..aaaaplanted',
  userId: 'ocid1.user.oc1..bbbbplanted',
  fingerprint: ociKey.fingerprint,
  privateKey: ociKey.pem,
};

type Body = Readonly<Record<string, unknown>>;
interface ChatDetails {
  readonly servingMode: { readonly modelId?: string };
  readonly chatRequest: Body & {
    readonly messages: readonly { readonly role: string; readonly content: readonly { text: string }[] }[];
    readonly responseFormat?: { readonly type: string; readonly schema?: object };
  };
}

const roles = { SYSTEM: 'system', USER: 'user', ASSISTANT: 'assistant' } as const;
const formatOf = ({ responseFormat }: ChatDetails['chatRequest']): Asked['format'] => {
  if (responseFormat === undefined) return 'none';
  return responseFormat.type === 'JSON_SCHEMA' || responseFormat.schema !== undefined
    ? 'json_schema'
    : 'json_object';
};

const asked = ({ body }: { readonly body: Body }): Asked => {
  const { servingMode, chatRequest } = body as unknown as ChatDetails;
  return {
    model: servingMode.modelId,
    streaming: chatRequest['isStream'] === true,
    maxTokens: chatRequest['maxTokens'],
    messages: chatRequest.messages.map(({ role, content }) => ({
      role: roles[role as keyof typeof roles],
      text: content.map(({ text }) => text).join(''),
    })),
    format: formatOf(chatRequest),
  };
};

const coded = (code: string, message = 'planted vendor words') => JSON.stringify({ code, message });
/** An error of the model behind Oracle, the way Oracle passes it on. */
const passedOn = (error: object) => coded('400', JSON.stringify({ error }));
const refusal = (
  status: number,
  body: string,
  type: Refusal['type'],
  rest: Partial<Refusal> = {},
): Refusal => ({ status, body, type, ...rest });

/** docs.oracle.com/iaas/Content/API/References/apierrors.htm, and what was seen of models' own errors. */
const refusals: readonly Refusal[] = [
  refusal(400, coded('InvalidParameter'), 'model.rejected'),
  refusal(400, coded('CannotParseRequest'), 'model.rejected'),
  refusal(400, coded('400', 'Chat request type does not match serving model.'), 'model.rejected'),
  refusal(400, coded('LimitExceeded'), 'model.quota-exhausted'),
  refusal(400, coded('QuotaExceeded'), 'model.quota-exhausted'),
  refusal(
    400,
    coded('400', 'Inappropriate output content detected in output blocklist'),
    'model.content-filtered',
  ),
  refusal(400, passedOn({ message: 'planted', code: 'context_length_exceeded' }), 'model.context-too-long'),
  refusal(
    400,
    passedOn({ message: "This model's maximum context length is 8 tokens" }),
    'model.context-too-long',
  ),
  refusal(
    400,
    coded('400', 'the total number of tokens in the prompt cannot exceed 4081'),
    'model.context-too-long',
  ),
  refusal(400, passedOn({ message: 'planted', code: 'content_filter' }), 'model.content-filtered'),
  refusal(
    400,
    passedOn({ message: 'planted', param: 'max_tokens', code: 'unsupported_parameter' }),
    'model.rejected',
  ),
  refusal(401, coded('NotAuthenticated'), 'model.unauthorized'),
  refusal(403, coded('NotAuthorized'), 'model.forbidden'),
  refusal(403, coded('SignUpRequired'), 'model.forbidden'),
  refusal(404, coded('NotAuthorizedOrNotFound'), 'model.forbidden'),
  refusal(404, coded('404', 'Entity with key planted not found'), 'model.not-found'),
  refusal(409, coded('IncorrectState'), 'model.server-error'),
  refusal(429, coded('TooManyRequests'), 'model.rate-limited'),
  refusal(429, coded('TooManyRequests'), 'model.rate-limited', {
    headers: { 'retry-after': '3' },
    retryAfterMs: 3_000,
  }),
  refusal(500, coded('InternalServerError'), 'model.server-error'),
  refusal(502, '<html>Bad gateway, maximum context length</html>', 'model.server-error'),
  refusal(503, coded('ServiceUnavailable'), 'model.overloaded'),
  refusal(504, '', 'model.timed-out'),
];

const ociUsage = {
  promptTokens: 21,
  completionTokens: 8,
  totalTokens: 29,
  promptTokensDetails: { cachedTokens: 4 },
  completionTokensDetails: { reasoningTokens: 2 },
};

const reported = [
  ['TooManyRequests', 'model.rate-limited'],
  ['InternalServerError', 'model.server-error'],
  ['503', 'model.overloaded'],
  ['never-heard-of', 'model.server-error'],
] as const;

const inBoth = {
  vendor: vendors['oracle-oci'],
  settings: (url: string) => ({
    region: 'us-chicago-1',
    compartmentId: 'ocid1.compartment.oc1..ccccplanted',
    endpoint: `${url}/`,
  }),
  credential: ociCredential,
  paths: { streamed: '/20231130/actions/chat', whole: '/20231130/actions/chat' },
  asked,
  formats: { json_schema: 'json_schema', json_object: 'json_object', prompt: 'none' },
  usage,
  streamHeaders: { 'content-type': 'text/event-stream' },
  head: 1,
  tail: 1,
  harmless: [event({ pad: 'aaaa' }), event('<html>'), ': a comment\n\n'],
  damaged: event('{"index":0,"message":{"content":[{"type":"TEXT","text":"lost wor'),
  errorEvents: reported.map(
    ([code, type]) => [code, event({ code, message: 'planted vendor words' }), type] as const,
  ),
  refusals,
  refusedMode: { body: passedOn({ message: 'planted: not supported', param: 'response_format' }) },
} satisfies Partial<Dialect>;

const text = (said: string) => [{ type: 'TEXT', text: said }];
const counted = (usage: boolean) => (usage ? { usage: ociUsage } : {});

const genericEnds = { stop: 'stop', length: 'length', refusal: 'stop', filtered: 'content_filter' };
const genericDialect: Dialect = {
  ...inBoth,
  name: 'oracle-oci in GENERIC',
  whole: ({ words, end, usage: isCounted }: Meant) => {
    const said = words.join('');
    const message = end === 'refusal' ? { content: null, refusal: said } : { content: text(said) };
    return JSON.stringify({
      modelId: 'some-model',
      modelVersion: '1.0.0',
      chatResponse: {
        apiFormat: 'GENERIC',
        timeCreated: '2026-11-24T10:00:00.000Z',
        choices: [{ index: 0, message: { role: 'ASSISTANT', ...message }, finishReason: genericEnds[end] }],
        ...counted(isCounted),
      },
    });
  },
  events: ({ words, end, usage: isCounted }: Meant) => [
    event({ index: 0, message: { role: 'ASSISTANT', content: text('') }, pad: 'aa' }),
    ...words.map((said) =>
      event({
        index: 0,
        message: end === 'refusal' ? { refusal: said } : { content: text(said) },
        pad: 'aaaa',
      }),
    ),
    event({ message: { role: 'ASSISTANT', content: text('') }, finishReason: genericEnds[end] }),
    isCounted ? event({ usage: ociUsage }) : ': nothing to count\n\n',
  ],
  nonAnswers: [
    ['no choices', '{"chatResponse":{"choices":[]}}'],
    ['no end', JSON.stringify({ chatResponse: { choices: [{ message: { content: text('a') } }] } })],
    [
      'an end that is none',
      JSON.stringify({
        chatResponse: { choices: [{ message: { content: text('a') }, finishReason: 'tool_calls' }] },
      }),
    ],
  ],
};

const cohereEnds = { stop: 'COMPLETE', length: 'MAX_TOKENS', refusal: 'COMPLETE', filtered: 'ERROR_TOXIC' };
const cohereDialect: Dialect = {
  ...inBoth,
  name: "oracle-oci in Cohere's second format",
  upstreamId: 'cohere.command-a-03-2025',
  whole: ({ words, end, usage: isCounted }: Meant) =>
    JSON.stringify({
      modelId: 'cohere.command-a-03-2025',
      chatResponse: {
        apiFormat: 'COHEREV2',
        id: 'x',
        message: {
          role: 'ASSISTANT',
          content: [{ type: 'THINKING', thinking: 'hm' }, ...text(words.join(''))],
        },
        finishReason: cohereEnds[end],
        ...counted(isCounted),
      },
    }),
  events: ({ words, end, usage: isCounted }: Meant) => [
    event({ apiFormat: 'COHEREV2', message: { role: 'ASSISTANT', content: [] } }),
    ...words.map((said) => event({ apiFormat: 'COHEREV2', message: { content: text(said) } })),
    // All of it once more, as Cohere's first format has it.
    event({
      apiFormat: 'COHEREV2',
      message: { content: text(words.join('')) },
      finishReason: cohereEnds[end],
    }),
    isCounted ? event({ usage: ociUsage }) : ': nothing to count\n\n',
  ],
  nonAnswers: [
    ['no message', '{"chatResponse":{"apiFormat":"COHEREV2","finishReason":"COMPLETE"}}'],
    [
      'a call of a tool',
      JSON.stringify({ chatResponse: { message: { content: text('a') }, finishReason: 'TOOL_CALL' } }),
    ],
  ],
  skip: { refusal: "Cohere's models refuse in plain text; the format has no field for it" },
};

const compatibleDialect: Dialect = {
  ...responses,
  name: 'oracle-oci in Responses, signed',
  vendor: vendors['oracle-oci'],
  settings: (url) => ({ ...inBoth.settings(url), api: 'openai' }),
  credential: ociCredential,
  paths: { streamed: '/openai/v1/responses', whole: '/openai/v1/responses' },
  refusals: [...refusals, ...openaiRefusals],
};

export const ociDialects = {
  generic: genericDialect,
  cohere: cohereDialect,
  compatible: compatibleDialect,
  compatibleByKey: {
    ...compatibleDialect,
    name: 'oracle-oci in Responses, with an API key',
    credential: { apiKey: 'sk-planted-key' },
  },
} satisfies Record<string, Dialect>;
