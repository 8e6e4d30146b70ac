import { Failure } from '../../contract/index.ts';
import { encodeFrame, eventFrame } from '../../testing/wire/aws-frames.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { bedrockDialect } from './dialects/amazon-bedrock.ts';
import { jsonPrompt, type Chunk } from './dialects/dialect.ts';
import { conforms } from './suite.ts';

conforms(bedrockDialect);

const { events, streamHeaders } = bedrockDialect;
const ok = { words: ['ok'], end: 'stop', usage: true } as const;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const play = (chunks: readonly Chunk[]) => bench.server.play({ headers: streamHeaders, chunks });
const call = (options?: Parameters<Bench['call']>[1]) => bench.call(bedrockDialect, options);
const seen = () => bench.server.requests[0]!;

describe('a request to Bedrock', () => {
  it.each([
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3',
  ])('has the id %s encoded in its path', async (upstreamId) => {
    play(events(ok));
    await call({ upstreamId });
    expect(seen().path).toBe(`/model/${encodeURIComponent(upstreamId)}/converse-stream`);
  });

  it.each(['..', '.', '', 'a b', 'a?b', 'a%2fb', 'a#b'])(
    'never leaves for the model "%s"',
    async (upstreamId) => {
      play(events(ok));
      const failure = await failureOf(call({ upstreamId }));
      expect([failure.type, failure.hints]).toEqual(['model.misconfigured', { sent: 'no' }]);
      expect(failure.message).toContain('upstreamId');
      expect(bench.server.requests).toHaveLength(0);
    },
  );

  it('keeps the path of a typed endpoint', async () => {
    for (const endpoint of [`${bench.server.url}/behind/proxy`, `${bench.server.url}/behind/proxy/`]) {
      play(events(ok));
      await call({ settings: { endpoint } });
      expect(seen().path).toBe('/behind/proxy/model/some-model/converse-stream');
    }
  });

  it('is signed for its region with the keys, and carries the session token of temporary ones', async () => {
    play(events(ok));
    await call({ credential: { accessKeyId: 'ASIAX', secretAccessKey: 's', sessionToken: 'token-1' } });
    const { authorization, ...headers } = seen().headers;
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIAX\/\d{8}\/eu-central-1\/bedrock\/aws4_request, .*x-amz-security-token/,
    );
    expect(headers['x-amz-security-token']).toBe('token-1');
  });

  it('carries an API key as a bearer token and no signature', async () => {
    play(events(ok));
    await call({ credential: { apiKey: 'bedrock-api-key-1' } });
    expect(seen().headers.authorization).toBe('Bearer bedrock-api-key-1');
    expect(Object.keys(seen().headers).join()).not.toMatch(/security-token|x-amz-date/);
  });

  it('says nothing of the machine it comes from', async () => {
    play(events(ok));
    await call();
    const { 'user-agent': agent, 'x-amz-user-agent': amazons } = seen().headers;
    expect(agent).toBe('pipe-byom');
    expect(amazons).toMatch(/^aws-sdk-js\/[\d.]+$/);
  });

  it('asks for a schema as text, and in mode json_object for a tool that takes it', async () => {
    const prompt = jsonPrompt('json_schema');
    const schema = prompt.answer.kind === 'json' ? prompt.answer.schema : {};
    play(events(ok));
    await call({ prompt });
    expect(seen().body['outputConfig']).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } },
      },
    });
    play(events(ok));
    await call({ prompt: jsonPrompt('json_object') });
    expect(seen().body['toolConfig']).toEqual({
      tools: [
        { toolSpec: { name: 'respond', description: 'Gives the answer.', inputSchema: { json: schema } } },
      ],
      toolChoice: { tool: { name: 'respond' } },
    });
  });
});

describe('an answer of Bedrock', () => {
  const toolUse = (index: number, input: string) =>
    eventFrame('contentBlockDelta', { contentBlockIndex: index, delta: { toolUse: { input } } });
  const start = (index: number) =>
    eventFrame('contentBlockStart', {
      contentBlockIndex: index,
      start: { toolUse: { toolUseId: `t${index}`, name: 'respond' } },
    });
  const stop = (stopReason: string) => eventFrame('messageStop', { stopReason });

  it('that is the input of a tool is put together from its pieces, without what was said before', async () => {
    play([
      ...events({ ...ok, words: ['I will call the tool.'] }).slice(0, -2),
      start(2),
      toolUse(2, '{"summary": "d'),
      toolUse(2, 'one"}'),
      start(3),
      toolUse(3, '{"summary": "again"}'),
      stop('tool_use'),
    ]);
    expect(await call()).toMatchObject({ text: '{"summary": "done"}', finish: 'stop' });
  });

  it('that is the input of a tool is the same in one piece', async () => {
    const content = [
      { text: 'I will call the tool.' },
      { toolUse: { toolUseId: 't', name: 'respond', input: { summary: 'done' } } },
    ];
    const body = { output: { message: { role: 'assistant', content } }, stopReason: 'tool_use' };
    bench.server.play({ chunks: [JSON.stringify(body)] });
    expect(await call({ streaming: false })).toEqual({
      text: '{"summary":"done"}',
      finish: 'stop',
      usage: null,
    });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filtered', 'model.content-filtered'],
    ['guardrail_intervened', 'model.content-filtered'],
    ['malformed_model_output', 'model.invalid-answer'],
    ['malformed_tool_use', 'model.invalid-answer'],
    ['of_a_later_version', 'model.invalid-answer'],
  ])('that ends with %s is %s', async (reason, meaning) => {
    play([...events(ok).slice(0, -2), stop(reason)]);
    const ended = await call().then(
      ({ finish }) => finish as string,
      (failure: { type: string }) => failure.type,
    );
    expect(ended).toBe(meaning);
  });

  it('without a word at the end of the window is a prompt too long, and was billed', async () => {
    const said = [
      eventFrame('messageStart', { role: 'assistant' }),
      stop('model_context_window_exceeded'),
      eventFrame('metadata', { usage: { inputTokens: 9, outputTokens: 0 } }),
    ];
    play(said);
    const { type, hints } = await failureOf(call());
    expect(type).toBe('model.context-too-long');
    expect(hints.usage).toEqual({
      inputTokens: 9,
      outputTokens: 0,
      cachedInputTokens: null,
      reasoningTokens: null,
    });
  });

  it('counts what was read from and written to the cache as input', async () => {
    play(events(ok));
    expect((await call()).usage).toEqual({
      inputTokens: 14 + 4 + 3,
      outputTokens: 8,
      cachedInputTokens: 4,
      reasoningTokens: null,
    });
  });

  it.each([
    ['shorter than a frame can be', Uint8Array.of(0, 0, 0, 15)],
    ['of zero', new Uint8Array(4)],
    ['of nearly four gigabytes', Uint8Array.of(255, 255, 255, 240)],
  ])(
    'with a frame that announces a length %s is damaged, and nothing is reserved for it',
    async (_what, length) => {
      const before = process.memoryUsage().arrayBuffers;
      bench.server.play({
        headers: streamHeaders,
        chunks: [events(ok)[0]!, length, 'and more'],
        ending: 'hang',
      });
      const failing = failureOf(call());
      expect((await failing).type).toBe('model.invalid-answer');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    },
  );

  it.each([
    ['breaks', [], 'reset', 'model.unreachable', 'The connection to the vendor broke.'],
    [
      'is damaged',
      [new Uint8Array(16)],
      'end',
      'model.invalid-answer',
      'A part of the answer arrived damaged.',
    ],
  ] as const)(
    'that %s before its first event leaves nothing of Amazon on the failure',
    async (_how, chunks, ending, type, message) => {
      bench.server.play({ headers: streamHeaders, chunks, ending });
      const failure = await failureOf(call());
      expect([failure.type, failure.message]).toEqual([type, message]);
      expect(Object.getOwnPropertyNames(failure).toSorted()).toEqual(
        Object.getOwnPropertyNames(new Failure(type)).toSorted(),
      );
    },
  );

  it('is whole though damage follows its end in the same packet', async () => {
    play([Buffer.concat([...events(ok).map((one) => Buffer.from(one)), Buffer.alloc(64)])]);
    expect(await call()).toMatchObject({ text: 'ok', usage: { outputTokens: 8 } });
  });

  it.each([
    ['no message type', {}],
    ['a message type that is none', { ':message-type': 'song' }],
    ['an event type that every object has', { ':message-type': 'event', ':event-type': 'constructor' }],
  ])('with a frame that has %s is damaged', async (_what, headers) => {
    play([events(ok)[0]!, encodeFrame(headers, '{}')]);
    expect((await failureOf(call())).type).toBe('model.invalid-answer');
  });

  it('is the same when it comes byte by byte, and when all of it comes at once', async () => {
    const all = Buffer.concat(events(ok).map((one) => Buffer.from(one)));
    const bytes = [...all].map((byte) => Uint8Array.of(byte));
    for (const chunks of [bytes, [all]]) {
      play(chunks);
      expect(await call()).toMatchObject({ text: 'ok', usage: { outputTokens: 8 } });
    }
  });

  it('whose frame announces another length than it has is damaged at once, not waited for', async () => {
    const longer = Buffer.from(eventFrame('contentBlockDelta', { delta: { text: 'a' } }));
    longer.writeUInt32BE(longer.length + 100, 0);
    bench.server.play({ headers: streamHeaders, chunks: [events(ok)[0]!, longer], ending: 'hang' });
    expect((await failureOf(call())).type).toBe('model.invalid-answer');
  });

  it('with another type where its text should stand is damaged', async () => {
    play([eventFrame('contentBlockDelta', { delta: { text: 5 } }), ...events(ok)]);
    expect((await failureOf(call())).type).toBe('model.invalid-answer');
  });

  it('with a frame that is whole but holds no JSON is damaged', async () => {
    play([events(ok)[0]!, eventFrame('contentBlockDelta', '{"delta":{"te')]);
    expect((await failureOf(call())).type).toBe('model.invalid-answer');
  });
});
