import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  ThrottlingException,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startSandboxVendors, type SandboxAccounts, type SandboxVendors } from '../../testing/index.ts';
import { errorFrame, eventFrame, exceptionFrame } from '../../testing/wire/aws-frames.ts';
import { createSmithyHandler } from '../../vendors/guard/smithy-handler.ts';

let vendors: SandboxVendors;
let accounts: SandboxAccounts;
beforeAll(async () => {
  vendors = await startSandboxVendors();
  accounts = await vendors.accounts();
});
afterEach(() => vendors.reset());
afterAll(() => vendors.close());

const region = 'us-east-1';
const requestHandler = createSmithyHandler(fetch);
const clientOf = (config: BedrockRuntimeClientConfig = { credentials: accounts.aws }): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    region,
    endpoint: vendors.endpoint('bedrock'),
    maxAttempts: 1,
    authSchemePreference: ['sigv4'],
    requestHandler,
    ...config,
  });
const input: ConverseCommandInput = {
  modelId: 'arn:aws:bedrock:us-east-1::inference-profile/us.maker.model-v1:0',
  system: [{ text: 'You are a clerk.' }],
  messages: [{ role: 'user', content: [{ text: 'Tell me about the dead keys of this laptop' }] }],
  inferenceConfig: { maxTokens: 500 },
};

async function stream(more: Partial<ConverseCommandInput> = {}, client = clientOf()) {
  const { stream: events = [] } = await client.send(new ConverseStreamCommand({ ...input, ...more }));
  const read = { text: '', input: '', stop: '', tokens: 0 };
  for await (const { contentBlockDelta, messageStop, metadata } of events) {
    read.text += contentBlockDelta?.delta?.text ?? '';
    read.input += contentBlockDelta?.delta?.toolUse?.input ?? '';
    read.stop = messageStop?.stopReason ?? read.stop;
    read.tokens = metadata?.usage?.outputTokens ?? read.tokens;
  }
  return read;
}

test("Amazon's SDK reads a text, streamed and whole, with its end, its tokens and its request id", async () => {
  const { output, stopReason, usage, $metadata } = await clientOf().send(new ConverseCommand(input));
  const text = output?.message?.content?.[0]?.text ?? '';
  expect(text.split(' ').length).toBeGreaterThan(50);
  expect(await stream()).toEqual({ text, input: '', stop: stopReason, tokens: usage?.outputTokens });
  expect(stopReason).toBe('end_turn');
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(vendors.callsTo('bedrock').map(({ status }) => status)).toEqual([200, 200]);
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Paris'] }, days: { type: 'number' } },
    required: ['city', 'days'],
    additionalProperties: false,
  };

  test('comes as text that satisfies its schema', async () => {
    const jsonSchema = { name: 'trip', schema: JSON.stringify(schema) };
    const { text } = await stream({
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
    });
    expect(JSON.parse(text)).toEqual({ city: 'Paris', days: 1 });
  });

  test('comes as the input of a tool that must be called, streamed and whole', async () => {
    const toolConfig = {
      tools: [{ toolSpec: { name: 'respond', inputSchema: { json: schema } } }],
      toolChoice: { tool: { name: 'respond' } },
    };
    const streamed = await stream({ toolConfig });
    const { output, stopReason } = await clientOf().send(new ConverseCommand({ ...input, toolConfig }));
    expect(output?.message?.content?.[0]?.toolUse?.input).toEqual(JSON.parse(streamed.input));
    expect([stopReason, streamed.stop]).toEqual(['tool_use', 'tool_use']);
  });
});

describe('an error', () => {
  test("is one of the SDK's own classes, with its name, status and request id", async () => {
    vendors.fault('bedrock', { kind: 'status', status: 429 });
    const thrown: unknown = await clientOf()
      .send(new ConverseCommand(input))
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ThrottlingException);
    expect(thrown).toMatchObject({ name: 'ThrottlingException', $fault: 'client', $retryable: {} });
    expect((thrown as ThrottlingException).$metadata).toMatchObject({
      httpStatusCode: 429,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  test.each([
    [400, 'ValidationException'],
    [403, 'AccessDeniedException'],
    [404, 'ResourceNotFoundException'],
    [408, 'ModelTimeoutException'],
    [424, 'ModelErrorException'],
    [500, 'InternalServerException'],
    [503, 'ServiceUnavailableException'],
  ])('of status %i is a %s', async (status, name) => {
    vendors.fault('bedrock', { kind: 'status', status });
    await expect(clientOf().send(new ConverseCommand(input))).rejects.toMatchObject({ name });
  });
});

describe('a signature', () => {
  test.each([
    ['of a wrong secret', () => ({ ...accounts.aws, secretAccessKey: 'wrong' }), 'InvalidSignatureException'],
    [
      'of an unknown key',
      () => ({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'wrong' }),
      'UnrecognizedClientException',
    ],
    [
      'with a session token that nobody issued',
      () => ({ ...accounts.aws, sessionToken: 'made up' }),
      'UnrecognizedClientException',
    ],
  ])('%s is refused by name', async (_what, credentials, name) => {
    const client = clientOf({ credentials: credentials() });
    await expect(client.send(new ConverseCommand(input))).rejects.toMatchObject({ name });
  });

  test('made with a clock that is an hour late is refused', async () => {
    const client = clientOf({ credentials: accounts.aws, systemClockOffset: -3_600_000 });
    await expect(client.send(new ConverseCommand(input))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  test('is refused for another body, path or header than the one that was signed', async () => {
    const changes: ((url: URL, init: { headers: Record<string, string>; body?: unknown }) => void)[] = [
      (_url, init) => (init.body = new TextDecoder().decode(init.body as Uint8Array).replace('500', '501')),
      (url) => (url.pathname = url.pathname.replace('model-v1', 'model-v2')),
      (_url, init) => (init.headers['amz-sdk-request'] = 'attempt=2; max=9'),
    ];
    for (const change of [...changes, null]) {
      const altering = createSmithyHandler((target, init) => {
        const url = new URL(String(target));
        const altered = { ...init, headers: { ...(init?.headers as Record<string, string>) } };
        change?.(url, altered);
        return fetch(url, altered);
      });
      const client = clientOf({ credentials: accounts.aws, requestHandler: altering });
      const name = await client.send(new ConverseCommand(input)).then(
        () => 'answered',
        (error: Error) => error.name,
      );
      expect(name).toBe(change === null ? 'answered' : 'InvalidSignatureException');
    }
  });

  test('is not needed beside a bearer token', async () => {
    const client = clientOf({ token: { token: 'any' }, authSchemePreference: ['httpBearerAuth'] });
    expect((await stream({}, client)).stop).toBe('end_turn');
  });

  test('of a session that the token service lent holds', async () => {
    const sts = new STSClient({
      region,
      endpoint: vendors.wellKnown.sts,
      credentials: accounts.aws,
      requestHandler,
    });
    const role = {
      RoleArn: 'arn:aws:iam::123456789012:role/byom',
      RoleSessionName: 'byom',
      ExternalId: 'external',
    };
    const { Credentials: lent } = await sts.send(new AssumeRoleCommand(role));
    expect(lent?.Expiration?.getTime()).toBeGreaterThan(Date.now());
    const client = clientOf({
      credentials: {
        accessKeyId: lent?.AccessKeyId ?? '',
        secretAccessKey: lent?.SecretAccessKey ?? '',
        sessionToken: lent?.SessionToken ?? '',
      },
    });
    expect((await stream({}, client)).stop).toBe('end_turn');
    await expect(sts.send(new AssumeRoleCommand({ ...role, ExternalId: '' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('frames', () => {
  const playing = (...frames: readonly Buffer[]): BedrockRuntimeClient =>
    clientOf({
      credentials: accounts.aws,
      requestHandler: createSmithyHandler(async () => {
        const headers = { 'content-type': 'application/vnd.amazon.eventstream' };
        return new Response(Buffer.concat(frames), { headers });
      }),
    });
  const opening = eventFrame('messageStart', { role: 'assistant' });

  test("of an exception are thrown by the SDK as that exception's class", async () => {
    const reading = stream({}, playing(opening, exceptionFrame('throttlingException', 'Too many requests')));
    await expect(reading).rejects.toBeInstanceOf(ThrottlingException);
    await expect(reading).rejects.toMatchObject({ message: 'Too many requests' });
  });

  test('of an error without a model are thrown by their code', async () => {
    const reading = stream({}, playing(opening, errorFrame('SomethingElse', 'words')));
    await expect(reading).rejects.toMatchObject({ name: 'SomethingElse', message: 'words' });
  });

  test('with one wrong bit are not taken', async () => {
    const damaged = Buffer.from(opening);
    damaged[20]! ^= 1;
    await expect(stream({}, playing(damaged))).rejects.toThrow(/checksum/);
  });
});
