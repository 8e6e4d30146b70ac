import { failureOf, openBench, type Bench } from './calling.ts';
import { dialects, event, jsonPrompt, usage, type Meant } from './dialects.ts';

const stream = { 'content-type': 'text/event-stream' };
const html = { 'content-type': 'text/html' };
const meant: Meant = { words: ['Good ', 'mörning', ', 8.0!'], end: 'stop', usage: true };
const said = meant.words.join('');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe.each(dialects)('$name', (dialect) => {
  const play = (events: readonly string[], ending: 'end' | 'reset' | 'hang' = 'end') =>
    bench.server.play({ headers: stream, chunks: events, ending });
  const onlyRequest = () => {
    expect(bench.server.requests).toHaveLength(1);
    return bench.server.requests[0]!;
  };

  describe('what is sent', () => {
    it('is one request with system, turns and the token limit, and never a temperature', async () => {
      play(dialect.events(meant));
      await bench.call(dialect);
      const { path, body } = onlyRequest();
      expect(path).toBe(dialect.path);
      expect(body).toMatchObject({ model: 'some-model', stream: true, [dialect.tokensField]: 256 });
      expect(body).not.toHaveProperty('temperature');
      expect(dialect.messagesOf(body)).toEqual([
        { role: 'system', content: 'You are a clerk.' },
        { role: 'user', content: 'planted prompt' },
        { role: 'assistant', content: '{' },
        { role: 'user', content: 'That was no JSON.' },
      ]);
    });

    it('asks for JSON in the mode it was told, and says nothing of it in mode prompt', async () => {
      const formats = [];
      for (const mode of ['json_schema', 'json_object', 'prompt'] as const) {
        play(dialect.events(meant));
        await bench.call(dialect, { prompt: jsonPrompt(mode) });
        formats.push(dialect.formatOf(onlyRequest().body));
      }
      expect(formats[0]).toMatchObject({ type: 'json_schema' });
      expect(JSON.stringify(formats[0])).toContain('"strict":true');
      expect(formats[1]).toEqual({ type: 'json_object' });
      expect(formats[2]).toBeUndefined();
    });

    it('asks for no stream where the server cannot', async () => {
      bench.server.play({ chunks: [dialect.whole(meant)] });
      await bench.call(dialect, { streaming: false });
      expect(onlyRequest().body).not.toHaveProperty('stream');
    });
  });

  describe('an answer', () => {
    it.each(['stop', 'length', 'refusal'] as const)(
      'that ends with %s is the same streamed and whole',
      async (end) => {
        play(dialect.events({ ...meant, end }));
        const streamed = await bench.call(dialect);
        bench.server.play({ chunks: [dialect.whole({ ...meant, end })] });
        const whole = await bench.call(dialect, { streaming: false });
        expect(streamed).toEqual({ text: said, finish: end, usage });
        expect(whole).toEqual(streamed);
      },
    );

    it('has no usage where the vendor says none', async () => {
      play(dialect.events({ ...meant, usage: false }));
      expect(await bench.call(dialect)).toEqual({ text: said, finish: 'stop', usage: null });
    });

    it('that a filter stopped is a failure, and its text is dropped', async () => {
      for (const streaming of [true, false]) {
        const filtered: Meant = { ...meant, end: 'filtered' };
        if (streaming) play(dialect.events(filtered));
        else bench.server.play({ chunks: [dialect.whole(filtered)] });
        const failure = await failureOf(bench.call(dialect, { streaming }));
        expect(failure.type).toBe('model.content-filtered');
        expect(JSON.stringify(failure) + failure.message).not.toContain('mörning');
      }
    });

    it('is read though every byte comes alone and lines end in CRLF', async () => {
      const bytes = new TextEncoder().encode(dialect.events(meant).join('').replaceAll('\n', '\r\n'));
      bench.server.play({ headers: stream, chunks: [...bytes].map((byte) => Uint8Array.of(byte)) });
      expect(await bench.call(dialect)).toMatchObject({ text: said, usage });
    });

    it('that comes whole though a stream was asked for is read', async () => {
      bench.server.play({ chunks: ['  \n', dialect.whole(meant)] });
      expect(await bench.call(dialect)).toMatchObject({ text: said });
    });

    it('tells the caller of its progress', async () => {
      play(dialect.events(meant));
      let progress = 0;
      await bench.call(dialect, { onProgress: () => (progress += 1) });
      expect(progress).toBeGreaterThanOrEqual(meant.words.length);
    });
  });

  describe('a damaged stream', () => {
    it('is never a success, wherever it ends before its end was said', async () => {
      const events = dialect.events(meant);
      const incomplete = events.length - dialect.tail;
      for (let kept = 0; kept < incomplete; kept += 1) {
        play(events.slice(0, kept));
        const failure = await failureOf(bench.call(dialect));
        expect([kept, failure.type]).toEqual([kept, 'model.invalid-answer']);
      }
    });

    it('that breaks in the middle is unreachable, and may have been billed', async () => {
      play(dialect.events(meant).slice(0, 3), 'reset');
      const failure = await failureOf(bench.call(dialect));
      expect(failure.type).toBe('model.unreachable');
      expect(failure.hints).toEqual({ sent: 'yes' });
    });

    it('is a success once the end was said, though the connection then breaks or hangs', async () => {
      const events = dialect.events(meant);
      for (const ending of ['reset', 'hang'] as const) {
        play(events, ending);
        expect(await bench.call(dialect)).toMatchObject({ text: said, usage });
        await bench.server.abandoned();
      }
    });

    it('is read past a broken event that held no text', async () => {
      const events = [...dialect.events(meant)];
      events.splice(2, 0, event('{"choices": [{"delta": {"content": '), event('<html>'), ': a comment\n\n');
      play(events);
      expect(await bench.call(dialect)).toMatchObject({ text: said, usage });
    });

    it('is no answer when the broken event held text, and the rest is not waited for', async () => {
      const events = dialect.events(meant).slice(0, 2);
      play([...events, event('{"choices": [{"delta": {"content": "lost wor')], 'hang');
      expect((await failureOf(bench.call(dialect))).type).toBe('model.invalid-answer');
      await bench.server.abandoned();
    });

    it.each([
      ['rate_limit_exceeded', 'model.rate-limited'],
      ['server_error', 'model.server-error'],
      ['context_length_exceeded', 'model.context-too-long'],
      ['never-heard-of', 'model.server-error'],
    ])('that reports %s is %s', async (code, type) => {
      const events = dialect.events(meant);
      play([...events.slice(0, 3), dialect.errorEvent(code), ...events.slice(3)]);
      const failure = await failureOf(bench.call(dialect));
      expect(failure.type).toBe(type);
      expect(failure.message).not.toContain('planted');
    });
  });

  describe('what is no answer at all', () => {
    it.each([
      ['an HTML page', { headers: html, chunks: ['<html>It works!</html>'] }],
      ['an HTML page that claims to be a stream', { headers: stream, chunks: ['<html>It works!</html>'] }],
      ['an empty body', { chunks: [] }],
      ['no content', { status: 204 }],
      ['an empty object', { chunks: ['{}'] }],
      ['no choices', { chunks: ['{"choices":[],"output":[],"status":"completed"}'] }],
      ['a list', { chunks: ['[1,2]'] }],
      ['half a JSON text', { chunks: ['{"choices":[{"message":{"content":"oo'] }],
      ['blank text', { chunks: [dialect.whole({ ...meant, words: [' \n'] })] }],
      [
        'blank text at the token limit',
        { chunks: [dialect.whole({ ...meant, words: [''], end: 'length' })] },
      ],
    ])('%s is model.invalid-answer', async (_name, script) => {
      for (const streaming of [true, false]) {
        bench.server.play(script);
        expect((await failureOf(bench.call(dialect, { streaming }))).type).toBe('model.invalid-answer');
        onlyRequest();
      }
    });

    it('an error under status 200 is the failure it names', async () => {
      bench.server.play({ chunks: ['{"error":{"message":"planted","code":"insufficient_quota"}}'] });
      expect((await failureOf(bench.call(dialect))).type).toBe('model.quota-exhausted');
    });
  });

  describe('an error status', () => {
    const coded = (code: string) => JSON.stringify({ error: { message: 'planted', type: 'x', code } });
    it.each([
      [400, coded('x'), 'model.rejected'],
      [400, coded('context_length_exceeded'), 'model.context-too-long'],
      [
        400,
        '{"object":"error","message":"This model\'s maximum context length is 8 tokens"}',
        'model.context-too-long',
      ],
      [400, coded('content_filter'), 'model.content-filtered'],
      [400, coded('content_policy_violation'), 'model.content-filtered'],
      [401, '', 'model.unauthorized'],
      [402, '{}', 'model.quota-exhausted'],
      [403, '<html>', 'model.forbidden'],
      [404, '{"detail":"Not Found"}', 'model.not-found'],
      [408, '', 'model.timed-out'],
      [409, '', 'model.server-error'],
      [410, '', 'model.not-found'],
      [422, '{"detail":[{"loc":["body"],"msg":"planted"}]}', 'model.rejected'],
      [424, '', 'model.server-error'],
      [429, coded('rate_limit_exceeded'), 'model.rate-limited'],
      [429, coded('insufficient_quota'), 'model.quota-exhausted'],
      [
        429,
        '{"error":{"message":"planted","type":"insufficient_quota","code":"credit_balance_exhausted"}}',
        'model.quota-exhausted',
      ],
      [429, coded('slow_down'), 'model.overloaded'],
      [500, '', 'model.server-error'],
      [502, '<html>Bad gateway, maximum context length</html>', 'model.server-error'],
      [503, coded('server_is_overloaded'), 'model.overloaded'],
      [504, '', 'model.timed-out'],
      [529, '', 'model.overloaded'],
    ])('%i %s is %s, after one request', async (status, body, type) => {
      bench.server.play({ status, chunks: [body] });
      const failure = await failureOf(bench.call(dialect));
      expect(failure.type).toBe(type);
      expect(failure.message).toBe(`The vendor answered ${status}.`);
      expect(failure.hints).toEqual({ httpStatus: status, sent: 'yes' });
      expect(failure.cause).toBeUndefined();
      onlyRequest();
    });

    it('carries when the vendor wants us back, and whether it wants us at all', async () => {
      const headers = { 'retry-after': '7', 'x-should-retry': 'false' };
      bench.server.play({ status: 503, headers });
      const failure = await failureOf(bench.call(dialect));
      expect(failure.hints).toMatchObject({ retryAfterMs: 7_000, retry: false });
    });

    it('tells a refused mode from a refused prompt', async () => {
      const body = '{"error":{"message":"planted: json_schema is not supported","param":"response_format"}}';
      bench.server.play({ status: 400, chunks: [body] });
      expect(
        (await failureOf(bench.call(dialect, { prompt: jsonPrompt('json_schema') }))).hints.refusedMode,
      ).toBe(true);
      expect(
        (await failureOf(bench.call(dialect, { prompt: jsonPrompt('prompt') }))).hints,
      ).not.toHaveProperty('refusedMode');
      expect((await failureOf(bench.call(dialect))).hints).not.toHaveProperty('refusedMode');
    });

    it('is told though its body never ends', async () => {
      bench.server.play({ status: 500, chunks: ['x'.repeat(70_000)], ending: 'hang' });
      expect((await failureOf(bench.call(dialect))).type).toBe('model.server-error');
    });
  });

  describe('a silent vendor', () => {
    const quick = { firstTokenMs: 60, idleMs: 60 };

    it('that sends no headers passes the limit of the first token and is not asked again', async () => {
      bench.server.play({ ending: 'silence' });
      const failure = await failureOf(bench.call(dialect, { limits: quick }));
      expect(failure.type).toBe('model.timed-out');
      expect(failure.hints).toEqual({ sent: 'maybe', retry: false });
      await bench.server.abandoned();
      onlyRequest();
    });

    it('that sends headers and news but no token passes the same limit', async () => {
      play([dialect.events(meant)[0]!, ': still thinking\n\n'], 'hang');
      const failure = await failureOf(bench.call(dialect, { limits: { ...quick, idleMs: 9_000 } }));
      expect(failure.hints).toEqual({ sent: 'yes', retry: false });
    });

    it('that stops in the middle passes the idle limit', async () => {
      play(dialect.events(meant).slice(0, 3), 'hang');
      const failure = await failureOf(bench.call(dialect, { limits: { firstTokenMs: 9_000, idleMs: 60 } }));
      expect(failure.type).toBe('model.timed-out');
      expect(failure.hints).toEqual({ sent: 'yes', retry: false });
      await bench.server.abandoned();
    });

    it('that cannot stream is only held to the limit of the whole, and may be asked once more', async () => {
      bench.server.play({ ending: 'silence' });
      const limits = { firstTokenMs: 20, idleMs: 20, totalMs: 120 };
      const failure = await failureOf(bench.call(dialect, { streaming: false, limits }));
      expect(failure.hints).toEqual({ sent: 'maybe' });
      expect(failure.message).toContain('whole answer');
    });
  });

  describe('a cancellation', () => {
    const reason = new Error('the run was aborted');
    const phases = [
      ['before headers', { ending: 'silence' }],
      ['in an error body', { status: 500, chunks: ['{'], ending: 'hang' }],
      ['in the body', { chunks: ['{"choices":'], ending: 'hang' }],
      ['in the stream', { headers: stream, chunks: dialect.events(meant).slice(0, 3), ending: 'hang' }],
    ] as const;

    it.each(phases)('%s lets go of the request and rethrows its reason', async (_phase, script) => {
      bench.server.play(script);
      const abort = new AbortController();
      const call = bench.call(dialect, { signal: abort.signal });
      while (bench.server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort(reason);
      await expect(call).rejects.toBe(reason);
      await bench.server.abandoned();
    });

    it('that came before the call sends nothing', async () => {
      bench.server.play({});
      await expect(bench.call(dialect, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(bench.server.requests).toHaveLength(0);
    });
  });

  it('follows no redirect', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      bench.server.play({ status, headers: { location: `${bench.server.url}/elsewhere` } });
      const failure = await failureOf(bench.call(dialect));
      expect(failure.type).toBe('model.misconfigured');
      expect(failure.hints).toMatchObject({ httpStatus: status });
      onlyRequest();
    }
  });

  it('names a connection that breaks before the headers unreachable', async () => {
    bench.server.play({ ending: 'drop' });
    const failure = await failureOf(bench.call(dialect));
    expect(failure.type).toBe('model.unreachable');
    expect(failure.hints).toEqual({ sent: 'maybe' });
    onlyRequest();
  });

  it('keeps its connections: undici alternates between two when one call follows another at once', async () => {
    const fresh = await openBench();
    try {
      fresh.server.play({ headers: stream, chunks: dialect.events(meant) });
      for (let call = 0; call < 6; call += 1) await fresh.call(dialect);
      expect(new Set(fresh.server.requests.map((one) => one.port)).size).toBeLessThanOrEqual(2);
    } finally {
      await fresh.close();
    }
  });
});
