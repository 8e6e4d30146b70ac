import {
  CircuitBreaker,
  DefaultRequestSigner,
  FetchHttpClient,
  NoRetryConfigurationDetails,
  SimpleAuthenticationDetailsProvider,
  type HttpRequest,
} from 'oci-common';
import { GenerativeAiInferenceClient, type models } from 'oci-generativeaiinference';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';

let vendors: SandboxVendors;
const { warn } = console;
beforeAll(async () => {
  vendors = await startSandboxVendors();
  // The SDK prints every error.
  console.warn = () => {};
});
afterEach(() => vendors.reset());
afterAll(async () => {
  console.warn = warn;
  await vendors.close();
});

type Change = (request: HttpRequest) => void;

/** Oracle's client as its users make it; `change` is what happens to a request after it was signed. */
async function clientOf(change: Change = () => {}, fingerprint?: string) {
  const { oracle } = await vendors.accounts();
  const provider = new SimpleAuthenticationDetailsProvider(
    oracle.tenancyId,
    oracle.userId,
    fingerprint ?? oracle.fingerprint,
    oracle.privateKey,
    null,
  );
  const signer = new DefaultRequestSigner(provider);
  const httpClient = {
    async send(request: HttpRequest) {
      await signer.signHttpRequest(request);
      change(request);
      return new FetchHttpClient(null).send(request);
    },
  };
  const client = new GenerativeAiInferenceClient(
    { httpClient },
    {
      retryConfiguration: NoRetryConfigurationDetails,
      circuitBreaker: new CircuitBreaker({ disableClientCircuitBreaker: true }),
    },
  );
  client.endpoint = vendors.endpoint('oci');
  return client;
}

const modelIds = { GENERIC: 'meta.llama-3.3-70b-instruct', COHEREV2: 'cohere.command-a-03-2025' };
type Format = keyof typeof modelIds;

function detailsOf(apiFormat: Format, rest: object = {}): models.ChatDetails {
  const message = (role: string, text: string) => ({ role, content: [{ type: 'TEXT', text }] });
  return {
    compartmentId: 'ocid1.compartment.oc1..aaaa',
    servingMode: { servingType: 'ON_DEMAND', modelId: modelIds[apiFormat] },
    chatRequest: {
      apiFormat,
      messages: [message('SYSTEM', 'You are a clerk.'), message('USER', 'Tell me about the dead keys')],
      ...rest,
    } as models.GenericChatRequest,
  };
}

const schema = {
  type: 'object',
  properties: { summary: { type: 'string' } },
  required: ['summary'],
  additionalProperties: false,
};
const jsonFormats = {
  GENERIC: { responseFormat: { type: 'JSON_SCHEMA', jsonSchema: { name: 'a', schema, isStrict: true } } },
  COHEREV2: { responseFormat: { type: 'JSON_OBJECT', schema } },
};

async function askWhole(apiFormat: Format, rest?: object) {
  const client = await clientOf();
  const answered = await client.chat({ chatDetails: detailsOf(apiFormat, rest) });
  if (answered instanceof ReadableStream || answered === null) throw new Error('a stream');
  const { chatResponse } = (answered as { chatResult: models.ChatResult }).chatResult;
  const choice =
    'choices' in chatResponse ? chatResponse.choices[0] : (chatResponse as models.CohereChatResponseV2);
  const [part] = (choice?.message.content ?? []) as models.TextContent[];
  return {
    text: part?.text,
    finish: choice?.finishReason,
    tokens: (chatResponse as models.GenericChatResponse).usage?.totalTokens,
    requestId: (answered as { opcRequestId: string }).opcRequestId,
  };
}

async function askStreamed(apiFormat: Format) {
  const client = await clientOf();
  const rest = { isStream: true, streamOptions: { isIncludeUsage: true } };
  const body = await client.chat({ chatDetails: detailsOf(apiFormat, rest) });
  const text = await new Response(body as ReadableStream).text();
  const events = text
    .split('\n\n')
    .filter((one) => one.startsWith('data: '))
    .map((one) => JSON.parse(one.slice('data: '.length)) as StreamEvent);
  return {
    text: events.map(({ message }) => message?.content?.[0]?.text ?? '').join(''),
    finish: events.find(({ finishReason }) => finishReason !== undefined)?.finishReason,
    tokens: events.at(-1)?.usage?.totalTokens,
  };
}

interface StreamEvent {
  readonly message?: { readonly content?: readonly { readonly text: string }[] };
  readonly finishReason?: string;
  readonly usage?: models.Usage;
}

const ends = { GENERIC: 'stop', COHEREV2: 'COMPLETE' };

describe.each(['GENERIC', 'COHEREV2'] as const)('chat in %s, read by the SDK', (apiFormat) => {
  test('a healthy answer has sixty words of the prompt, an end, its tokens and a request id', async () => {
    const { text, finish, tokens, requestId } = await askWhole(apiFormat);
    expect(text?.split(' ')).toHaveLength(60);
    expect(finish).toBe(ends[apiFormat]);
    const [logged] = vendors.log;
    expect(tokens).toBe((logged?.billed?.inputTokens ?? 0) + (logged?.billed?.outputTokens ?? 0));
    expect(requestId).toMatch(/^[0-9A-F]{32}$/);
  });

  test('a stream says the same', async () => {
    const { text, finish, tokens } = await askWhole(apiFormat);
    expect(await askStreamed(apiFormat)).toEqual({ text, finish, tokens });
  });

  test('JSON is asked for by a schema', async () => {
    const { text } = await askWhole(apiFormat, jsonFormats[apiFormat]);
    expect(JSON.parse(text ?? '')).toHaveProperty('summary');
  });

  test('an answer that is cut says so', async () => {
    const { finish } = await askWhole(apiFormat, { maxTokens: 3 });
    expect(finish).toBe(apiFormat === 'GENERIC' ? 'length' : 'MAX_TOKENS');
  });
});

describe('an error', () => {
  test.each([
    [400, 'InvalidParameter'],
    [404, 'NotAuthorizedOrNotFound'],
    [429, 'TooManyRequests'],
    [500, 'InternalServerError'],
  ])('%i is the one the SDK knows: %s', async (statusCode, serviceCode) => {
    vendors.fault('oci', { kind: 'status', status: statusCode });
    await expect(askWhole('GENERIC')).rejects.toMatchObject({
      statusCode,
      serviceCode,
      opcRequestId: expect.stringMatching(/^[0-9A-F]{32}$/) as string,
    });
  });

  test('of the model behind Oracle is passed on inside the message', async () => {
    vendors.fault('oci', { kind: 'status', status: 400, code: 'context_length_exceeded' });
    const failed = (await askWhole('GENERIC').catch((thrown: unknown) => thrown)) as { message: string };
    expect(JSON.parse(failed.message)).toMatchObject({ error: { code: 'context_length_exceeded' } });
  });

  test('answers the wrong format for a model', async () => {
    const chatDetails = { ...detailsOf('COHEREV2'), servingMode: detailsOf('GENERIC').servingMode };
    await expect((await clientOf()).chat({ chatDetails })).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('a signature', () => {
  const refused = { statusCode: 401, serviceCode: 'NotAuthenticated' };
  const late = new Date(Date.now() - 6 * 60_000).toUTCString();
  const edit =
    (name: string, pattern: RegExp, by: string): Change =>
    ({ headers }) =>
      headers.set(name, (headers.get(name) ?? '').replace(pattern, by));

  test.each<[string, Change]>([
    ['over another body', (request) => (request.body = String(request.body).replace('keys', 'eyes'))],
    ['over another path', (request) => (request.uri += '?a=1')],
    ['over another date', ({ headers }) => headers.set('x-date', new Date(0).toUTCString())],
    ['that leaves the body out', edit('authorization', / x-content-sha256/, '')],
    ['of another version', edit('authorization', /version="1"/, 'version="2"')],
    ['that is none', ({ headers }) => headers.delete('authorization')],
    ['that is a key', ({ headers }) => headers.set('authorization', 'Bearer sk-planted')],
  ])('%s is refused', async (_what, change) => {
    const client = await clientOf(change);
    await expect(client.chat({ chatDetails: detailsOf('GENERIC') })).rejects.toMatchObject(refused);
  });

  test('by an unknown key is refused', async () => {
    const client = await clientOf(undefined, 'aa:bb');
    await expect(client.chat({ chatDetails: detailsOf('GENERIC') })).rejects.toMatchObject(refused);
  });

  test('that is six minutes old is refused, and a fresh one is taken', async () => {
    const { oracle } = await vendors.accounts();
    const signer = new DefaultRequestSigner(
      new SimpleAuthenticationDetailsProvider(
        oracle.tenancyId,
        oracle.userId,
        oracle.fingerprint,
        oracle.privateKey,
        null,
      ),
    );
    const uri = `${vendors.endpoint('oci')}/20231130/actions/chat`;
    const body = JSON.stringify(detailsOf('GENERIC'));
    const send = async (date: string) => {
      const headers = new Headers({ 'x-date': date });
      await signer.signHttpRequest({ method: 'POST', uri, headers, body });
      return (await fetch(uri, { method: 'POST', headers, body })).status;
    };
    expect([await send(late), await send(new Date().toUTCString())]).toEqual([401, 200]);
  });
});
