import { failureOf, openBench, type Bench } from './calling.ts';
import { event, jsonPrompt } from './dialects/dialect.ts';
import { ociCredential, ociDialects, ociKey } from './dialects/oracle-oci.ts';
import { conforms } from './suite.ts';

Object.values(ociDialects).forEach(conforms);

const { generic, cohere, compatible, compatibleByKey } = ociDialects;
let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const meant = { words: ['ok'], end: 'stop', usage: false } as const;
const keyId = `${ociCredential.tenancyId}/${ociCredential.userId}/${ociCredential.fingerprint}`;
const compartment = 'ocid1.compartment.oc1..ccccplanted';
const seen = () => bench.server.requests[0]!;
const answer = (dialect = generic) => bench.server.play({ chunks: [dialect.whole(meant)] });
const requestOf = async (options: Parameters<Bench['call']>[1] = {}, dialect = generic) => {
  answer(dialect);
  await bench.call(dialect, options);
  return seen().body as { servingMode: object; chatRequest: Record<string, unknown> };
};

describe('a request in the API of its own', () => {
  it('carries our headers and a signature, and nothing of the machine it comes from', async () => {
    await requestOf();
    const { authorization, host, 'x-date': date, 'x-content-sha256': sha, ...rest } = seen().headers;
    expect(rest).toEqual({
      accept: 'application/json, text/event-stream',
      'accept-encoding': expect.any(String) as string,
      'accept-language': '*',
      connection: 'keep-alive',
      'content-length': String(JSON.stringify(seen().body).length),
      'content-type': 'application/json',
      'sec-fetch-mode': 'cors',
      'user-agent': 'pipe-byom',
    });
    expect([host, sha?.length]).toEqual([`127.0.0.1:${bench.server.port}`, 44]);
    expect(Math.abs(Date.parse(String(date)) - Date.now())).toBeLessThan(5 * 60_000);
    expect(authorization).toContain(`Signature version="1",keyId="${keyId}",algorithm="rsa-sha256"`);
  });

  it('names a model on demand, and a dedicated endpoint by its OCID', async () => {
    const ocid = 'ocid1.generativeaiendpoint.oc1.us-chicago-1.aaaa';
    expect(await requestOf()).toMatchObject({
      compartmentId: compartment,
      servingMode: { servingType: 'ON_DEMAND', modelId: 'some-model' },
      chatRequest: { apiFormat: 'GENERIC' },
    });
    expect(await requestOf({ upstreamId: ocid })).toMatchObject({
      servingMode: { servingType: 'DEDICATED', endpointId: ocid },
      chatRequest: { apiFormat: 'GENERIC' },
    });
    expect(await requestOf({}, cohere)).toMatchObject({ chatRequest: { apiFormat: 'COHEREV2' } });
  });

  it('limits tokens in the field that the model takes', async () => {
    const fieldOf = async (options: Parameters<Bench['call']>[1]) => {
      const { chatRequest } = await requestOf(options);
      return Object.keys(chatRequest).filter((key) => key.startsWith('max'));
    };
    expect(await fieldOf({})).toEqual(['maxTokens']);
    expect(await fieldOf({ upstreamId: 'openai.gpt-5' })).toEqual(['maxCompletionTokens']);
    expect(await fieldOf({ maxTokensField: 'max_completion_tokens' })).toEqual(['maxCompletionTokens']);
    expect(await fieldOf({ upstreamId: 'openai.gpt-5', maxTokensField: 'max_tokens' })).toEqual([
      'maxTokens',
    ]);
  });

  it('sends the schema whole, in the place where each format has it', async () => {
    const prompt = jsonPrompt('json_schema');
    const schema = prompt.answer.kind === 'json' ? prompt.answer.schema : {};
    expect((await requestOf({ prompt })).chatRequest['responseFormat']).toEqual({
      type: 'JSON_SCHEMA',
      jsonSchema: { name: 'answer', schema, isStrict: true },
    });
    expect((await requestOf({ prompt }, cohere)).chatRequest['responseFormat']).toEqual({
      type: 'JSON_OBJECT',
      schema,
    });
  });
});

describe('an answer in the API of its own', () => {
  const whole = (choice: object) => JSON.stringify({ chatResponse: { choices: [choice] } });
  const said = (finishReason: unknown) =>
    whole({ message: { content: [{ type: 'TEXT', text: 'a' }] }, finishReason });

  it.each([
    ...['stop', 'STOP', 'COMPLETE', 'stop_sequence', 'end_turn'].map((one) => [one, 'stop']),
    ...['length', 'MAX_TOKENS', 'max_tokens'].map((one) => [one, 'length']),
    ...['content_filter', 'ERROR_TOXIC', 'SAFETY'].map((one) => [one, 'model.content-filtered']),
    ['ERROR', 'model.server-error'],
    ...['tool_calls', 'UNKNOWN_VALUE', 'constructor', '', null].map((one) => [one, 'model.invalid-answer']),
  ])('that ends with %p is %s', async (finish, meaning) => {
    bench.server.play({ chunks: [said(finish)] });
    const ended = await bench.call(generic, { streaming: false }).then(
      (reply) => reply.finish,
      (failure: { type: string }) => failure.type,
    );
    expect(ended).toBe(meaning);
  });

  it('that ends with an error is the failure that Cohere names beside it', async () => {
    const end = { finishReason: 'ERROR', errorMessage: 'too many tokens: planted' };
    bench.server.play({ chunks: [JSON.stringify({ chatResponse: { message: {}, ...end } })] });
    const failure = await failureOf(bench.call(cohere, { streaming: false }));
    expect(failure.type).toBe('model.context-too-long');
    expect(failure.message).not.toContain('planted');
  });

  it("counts what the vendor counts and no more, in the answer's usage or the choice's", async () => {
    const choice = { message: { content: [{ type: 'TEXT', text: 'a' }] }, finishReason: 'stop' };
    bench.server.play({ chunks: [whole({ ...choice, usage: { promptTokens: 3 } })] });
    expect((await bench.call(generic)).usage).toEqual({
      inputTokens: 3,
      outputTokens: null,
      cachedInputTokens: null,
      reasoningTokens: null,
    });
  });

  it("is whole whether Cohere's last event repeats all of it, adds to it or says nothing", async () => {
    const chunk = (text: string, rest = {}) =>
      event({ message: { content: [{ type: 'TEXT', text }] }, ...rest });
    const end = { finishReason: 'COMPLETE' };
    const textOf = async (dialect: typeof cohere, ...chunks: string[]) => {
      bench.server.play({ headers: dialect.streamHeaders, chunks });
      return (await bench.call(dialect)).text;
    };
    expect(await textOf(cohere, chunk('ab'), chunk('c'), chunk('abc', end))).toBe('abc');
    expect(await textOf(cohere, chunk('ab'), chunk('c', end))).toBe('abc');
    expect(await textOf(cohere, chunk('ab'), event(end))).toBe('ab');
    expect(await textOf(generic, chunk('ha'), chunk('ha', end))).toBe('haha');
  });

  it('counts thoughts as progress, and leaves them out', async () => {
    bench.server.play({
      headers: generic.streamHeaders,
      chunks: [
        event({ message: { role: 'ASSISTANT', content: [] } }),
        event({ message: { reasoningContent: 'hm' } }),
        event({ message: { content: [{ type: 'TEXT', text: 'a' }] }, finishReason: 'stop' }),
      ],
    });
    let progress = 0;
    expect((await bench.call(generic, { onProgress: () => (progress += 1) })).text).toBe('a');
    expect(progress).toBe(2);
  });
});

describe('the credential', () => {
  it.each([generic, compatible])('signs $name as an identity that a broker lends', async (dialect) => {
    answer(dialect);
    await bench.call(dialect, { credential: { securityToken: 'lent.token', privateKey: ociKey.pem } });
    expect(seen().headers.authorization).toContain('keyId="ST$lent.token"');
  });

  it('that names an identity calls nobody where no broker lends it', async () => {
    answer();
    const failure = await failureOf(bench.call(generic, { credential: { workload: 'instance_principal' } }));
    expect([failure.type, bench.server.requests]).toEqual(['model.misconfigured', []]);
  });

  it('is opened with its passphrase, and a wrong one is named before anything is sent', async () => {
    const format = {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    } as const;
    const privateKey = ociKey.privateKey.export(format).toString();
    await requestOf({ credential: { ...ociCredential, privateKey, passphrase: 'open sesame' } });
    answer();
    const wrong = { ...ociCredential, privateKey, passphrase: 'wrong' };
    const failure = await failureOf(bench.call(generic, { credential: wrong }));
    expect([failure.type, failure.hints]).toEqual(['model.misconfigured', { sent: 'no' }]);
    expect(failure.message).toContain('credential.passphrase');
    expect(bench.server.requests).toHaveLength(0);
  });

  it('that a broker lends with a key that does not open is named before anything is sent', async () => {
    answer();
    const privateKey = ociKey.pem.replace(/[A-Z]{2}/g, 'AA');
    const failure = await failureOf(
      bench.call(generic, { credential: { securityToken: 'lent', privateKey } }),
    );
    expect([failure.type, failure.hints]).toEqual(['model.misconfigured', { sent: 'no' }]);
    expect(failure.message).toContain('credential.privateKey');
    expect(bench.server.requests).toHaveLength(0);
  });

  it('of an API key serves the compatible API alone', async () => {
    answer();
    const failure = await failureOf(bench.call(generic, { credential: { apiKey: 'sk-planted' } }));
    expect(failure.message).toContain('credential.apiKey serves only where settings.api is openai');
    expect(bench.server.requests).toHaveLength(0);
  });
});

it('names compartment and project to the compatible API, which keeps nothing', async () => {
  const projectId = 'ocid1.generativeaiproject.oc1..dddd';
  for (const [dialect, authorization] of [
    [compatible, expect.stringContaining(`keyId="${keyId}"`) as string],
    [compatibleByKey, 'Bearer sk-planted-key'],
  ] as const) {
    answer(dialect);
    await bench.call(dialect, { settings: { projectId } });
    expect(seen().headers).toMatchObject({
      authorization,
      compartmentid: compartment,
      'opc-compartment-id': compartment,
      'openai-project': projectId,
    });
    expect(seen().body).toMatchObject({ store: false });
  }
});
