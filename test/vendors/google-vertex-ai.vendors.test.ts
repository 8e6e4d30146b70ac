import { failureOf, openBench, type Bench } from './calling.ts';
import { event, jsonPrompt } from './dialects/dialect.ts';
import { vertexDialects } from './dialects/google-vertex-ai.ts';
import { plantEnvironment } from './planted-environment.ts';
import type { Script } from './scripted-server.ts';
import { conforms } from './suite.ts';

Object.values(vertexDialects).forEach(conforms);

const { project, express } = vertexDialects;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const ok = { chunks: [project.whole({ words: ['ok'], end: 'stop', usage: false })] };
const answers = (script: Script = ok) => bench.server.play(script);
const seen = () => bench.server.requests[0]!;

describe('a request to Vertex', () => {
  it('carries the token alone below a project, and the API key alone in express mode', async () => {
    answers();
    await bench.call(project);
    expect(seen().headers).toMatchObject({ authorization: 'Bearer ya29.planted-token' });
    expect(seen().headers).not.toHaveProperty('x-goog-api-key');
    answers();
    await bench.call(express);
    expect(seen().headers).toMatchObject({ 'x-goog-api-key': 'planted-express-key' });
    expect(seen().headers).not.toHaveProperty('authorization');
  });

  it('with an API key and a project goes below the project', async () => {
    answers();
    await bench.call(project, { credential: { apiKey: 'key' }, streaming: false });
    expect(seen().path).toBe(project.paths.whole);
  });

  it.each([
    ['gemini-2.5-flash', 'projects/p/locations/l/publishers/google/models/gemini-2.5-flash'],
    ['publishers/meta/models/llama-4@1', 'projects/p/locations/l/publishers/meta/models/llama-4@1'],
    ['projects/42/locations/us-west1/endpoints/7', 'projects/42/locations/us-west1/endpoints/7'],
  ])('names the model %s by its whole path', async (upstreamId, path) => {
    answers();
    await bench.call(project, {
      settings: { project: 'p', location: 'l' },
      upstreamId,
      streaming: false,
    });
    expect(seen().path).toBe(`/v1/${path}:generateContent`);
  });

  it.each([
    '../../secrets',
    'a/b',
    'gemini?key=x',
    'gemini#x',
    'a b',
    'gemini:predict/..',
    '..',
    'publishers/../models/x',
    '',
  ])('is not sent for %p, which names no model', async (upstreamId) => {
    answers();
    const failure = await failureOf(bench.call(project, { upstreamId }));
    expect(failure.type).toBe('model.misconfigured');
    expect(failure.message).toContain('upstreamId');
    expect(bench.server.requests).toHaveLength(0);
  });

  it('has no system instruction where there is no system text', async () => {
    answers();
    await bench.call(project, { prompt: { ...jsonPrompt('prompt'), system: '' } });
    expect(seen().body).not.toHaveProperty('systemInstruction');
  });

  it('sends the schema in the part that Gemini takes', async () => {
    answers();
    const prompt = jsonPrompt('json_schema');
    const schema = { $schema: 'x', type: 'object', properties: { at: { type: 'string', format: 'email' } } };
    await bench.call(project, { prompt: { ...prompt, answer: { ...prompt.answer, schema } as never } });
    expect(seen().body['generationConfig']).toEqual({
      maxOutputTokens: 256,
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', properties: { at: { type: 'string' } } },
    });
  });

  it('prints nothing, whatever keys lie in the environment', async () => {
    const printed: unknown[] = [];
    const methods = ['debug', 'error', 'info', 'log', 'warn'] as const;
    const before = methods.map((method) => console[method]);
    for (const method of methods) console[method] = (...words: unknown[]) => void printed.push(words);
    const planted = await plantEnvironment();
    try {
      for (const dialect of [project, express]) {
        answers();
        await bench.call(dialect);
        answers({ status: 500, chunks: ['planted'] });
        await failureOf(bench.call(dialect));
      }
      expect(printed).toEqual([]);
      // The console is as talkative as before.
      console.warn('heard');
      expect(printed).toEqual([['heard']]);
    } finally {
      await planted.remove();
      methods.forEach((method, index) => (console[method] = before[index]!));
    }
  });
});

describe('the end of an answer of Gemini', () => {
  const ended = (finishReason: string, text = 'said') =>
    answers({
      chunks: [JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, finishReason }] })],
    });

  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
  ])('%s is %s', async (finishReason, finish) => {
    ended(finishReason);
    expect(await bench.call(project)).toEqual({ text: 'said', finish, usage: null });
  });

  it.each([
    ...['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map(
      (reason) => [reason, 'model.content-filtered'] as const,
    ),
    ...[
      'LANGUAGE',
      'OTHER',
      'MALFORMED_FUNCTION_CALL',
      'UNEXPECTED_TOOL_CALL',
      'TOO_MANY_TOOL_CALLS',
      'NO_IMAGE',
      'CONTINUATION',
      'FINISH_REASON_UNSPECIFIED',
      'NEVER_HEARD_OF',
    ].map((reason) => [reason, 'model.invalid-answer'] as const),
  ])('%s is %s', async (finishReason, type) => {
    ended(finishReason);
    expect((await failureOf(bench.call(project))).type).toBe(type);
  });

  it.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'MODEL_ARMOR', 'JAILBREAK'])(
    'never comes where the prompt was blocked for %s: a filter, streamed and whole, billed for its input',
    async (blockReason) => {
      const blocked = { promptFeedback: { blockReason }, usageMetadata: { promptTokenCount: 9 } };
      const usage = { inputTokens: 9, outputTokens: null, cachedInputTokens: null, reasoningTokens: null };
      for (const streaming of [true, false]) {
        answers(
          streaming
            ? { headers: project.streamHeaders, chunks: [event(blocked)] }
            : { chunks: [JSON.stringify(blocked)] },
        );
        const failure = await failureOf(bench.call(project, { streaming }));
        expect([failure.type, failure.hints.usage]).toEqual(['model.content-filtered', usage]);
      }
    },
  );

  it('at the token limit with nothing but thoughts is no answer', async () => {
    const candidates = [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }];
    answers({ chunks: [JSON.stringify({ candidates })] });
    expect((await failureOf(bench.call(project))).type).toBe('model.invalid-answer');
  });
});

describe('the usage of Gemini', () => {
  const counted = async (usageMetadata: object) => {
    const candidates = [{ content: { parts: [{ text: 'said' }] }, finishReason: 'STOP' }];
    answers({ chunks: [JSON.stringify({ candidates, usageMetadata })] });
    return (await bench.call(project)).usage;
  };

  it('adds tool prompts to the input and thoughts to the output', async () => {
    expect(
      await counted({
        promptTokenCount: 10,
        toolUsePromptTokenCount: 3,
        cachedContentTokenCount: 8,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 70,
      }),
    ).toEqual({ inputTokens: 13, outputTokens: 75, cachedInputTokens: 8, reasoningTokens: 70 });
  });

  it('is what the last event with a count says, in a stream', async () => {
    const counts = [{ promptTokenCount: 10, candidatesTokenCount: 1 }, undefined];
    const events = counts.map((usageMetadata, at) =>
      event({
        candidates: [
          { content: { parts: [{ text: 'said' }] }, ...(at === 1 ? { finishReason: 'STOP' } : {}) },
        ],
        usageMetadata,
      }),
    );
    answers({ headers: project.streamHeaders, chunks: events });
    expect((await bench.call(project)).usage).toMatchObject({ inputTokens: 10, outputTokens: 1 });
  });

  it('is null in each part that is not said, and altogether where none is', async () => {
    expect(await counted({ promptTokenCount: 10, candidatesTokenCount: 5 })).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      cachedInputTokens: null,
      reasoningTokens: null,
    });
    expect(await counted({ trafficType: 'ON_DEMAND' })).toBeNull();
  });
});
