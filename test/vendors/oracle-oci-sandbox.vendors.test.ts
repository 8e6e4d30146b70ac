import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { jsonPrompt } from './dialects/dialect.ts';
import { ociCredential, ociDialects } from './dialects/oracle-oci.ts';
import type { Script } from './scripted-server.ts';

const { generic, cohere, compatible, compatibleByKey } = ociDialects;
let [bench, sandbox]: [Bench, SandboxVendors] = [undefined as never, undefined as never];
beforeAll(async () => {
  [bench, sandbox] = await Promise.all([openBench(), startSandboxVendors()]);
});
afterEach(() => sandbox.reset());
afterAll(() => Promise.all([bench.close(), sandbox.close()]));

describe('the console', () => {
  const begun = generic.events({ words: ['Good ', 'morning'], end: 'stop', usage: true }).slice(0, 2);
  const stream = { headers: generic.streamHeaders, chunks: begun };

  it.each<[string, Script]>([
    ['a 401', { status: 401, chunks: ['{"code":"NotAuthenticated","message":"planted"}'] }],
    ['a 429', { status: 429, chunks: ['{"code":"TooManyRequests","message":"planted"}'] }],
    ['a 500', { status: 500, chunks: ['planted'] }],
    ['a page', { headers: { 'content-type': 'text/html' }, chunks: ['<html>planted'] }],
    ['a stream that is cut', { ...stream, ending: 'reset' }],
    ['a connection that is dropped', { ending: 'drop' }],
    ['a cancellation', { ...stream, ending: 'hang' }],
    ['a silence', { ending: 'silence' }],
  ])('stays empty at %s', async (what, script) => {
    bench.server.play(script);
    const printed = capturePrints();
    const abort = new AbortController();
    try {
      const limits = { firstTokenMs: what === 'a silence' ? 60 : 9_000 };
      const onProgress = (): void => {
        if (what === 'a cancellation') abort.abort(new Error('cancelled'));
      };
      const calling = bench.call(generic, { signal: abort.signal, limits, onProgress });
      await expect(calling).rejects.toThrow();
      // What the SDK has to say of a call that was given up, it would say only now.
      if (script.ending === 'hang' || script.ending === 'silence') await bench.server.abandoned();
    } finally {
      printed.stop();
    }
    expect(printed.lines).toEqual([]);
  });

  it('would be seen if it did not', () => {
    const printed = capturePrints();
    console.warn('a line');
    process.stderr.write('another');
    printed.stop();
    expect(printed.lines).toEqual(['a line', 'another']);
  });
});

describe('the stand-in, through the real guard', () => {
  const models = { [generic.name]: 'meta.llama-3.3-70b-instruct', [cohere.name]: 'cohere.command-a-03-2025' };
  const ask = async (dialect: typeof generic, options: Parameters<Bench['call']>[1] = {}) =>
    bench.call(dialect, {
      credential: dialect === compatibleByKey ? undefined : (await sandbox.accounts()).oracle,
      upstreamId: models[dialect.name] ?? 'xai.grok-4',
      ...options,
      settings: { endpoint: sandbox.endpoint('oci') },
    });

  for (const dialect of Object.values(ociDialects)) {
    it.each(['json_schema', 'json_object', 'prompt'] as const)(
      `answers ${dialect.name} the same streamed and whole in mode %s`,
      async (mode) => {
        const prompt = jsonPrompt(mode);
        const streamed = await ask(dialect, { prompt });
        expect(streamed).toEqual(await ask(dialect, { prompt, streaming: false }));
        expect(streamed.usage?.inputTokens).toBeGreaterThan(0);
        if (mode === 'json_schema') expect(JSON.parse(streamed.text)).toHaveProperty('summary');
        expect(sandbox.callsTo('oci').map(({ status, fault }) => [status, fault])).toEqual([
          [200, null],
          [200, null],
        ]);
      },
    );

    it(`refuses a mode in ${dialect.name} in words that are understood`, async () => {
      sandbox.fault('oci', { kind: 'refuse-mode', modes: ['json_schema'] });
      const failure = await failureOf(ask(dialect, { prompt: jsonPrompt('json_schema') }));
      expect(failure.hints).toMatchObject({ refusedMode: true, httpStatus: 400 });
    });
  }

  it.each([generic, compatible])('takes $name with no key but its own', async (dialect) => {
    const failure = await failureOf(ask(dialect, { credential: ociCredential }));
    expect([failure.type, failure.hints.httpStatus]).toEqual(['model.unauthorized', 401]);
  });
});

function capturePrints(): { readonly lines: readonly string[]; stop(): void } {
  const lines: string[] = [];
  const take = (...said: unknown[]): void => void lines.push(said.map(String).join(' '));
  const names = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const;
  const kept = names.map((name) => [name, console[name]] as const);
  const streams = [process.stdout, process.stderr].map((stream) => [stream, stream.write] as const);
  for (const name of names) console[name] = take;
  for (const [stream] of streams) stream.write = (said: unknown) => (take(said), true);
  return {
    lines,
    stop: () => {
      for (const [name, method] of kept) console[name] = method;
      for (const [stream, write] of streams) stream.write = write;
    },
  };
}
