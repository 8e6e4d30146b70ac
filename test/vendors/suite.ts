import { Socket } from 'node:net';
import type { Guard } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import {
  jsonPrompt,
  usage,
  type Chunk,
  type Dialect,
  type Meant,
  type Mode,
  type SkippableCase,
} from './dialects/dialect.ts';
import { plantEnvironment } from './planted-environment.ts';
import type { Script } from './scripted-server.ts';

const meant: Meant = { words: ['Good ', 'mörning', ', 8.0!'], end: 'stop', usage: true };
const said = meant.words.join('');
/** Short, but long enough for a request to arrive where many tests share two cores. */
const quick = { firstTokenMs: 250, idleMs: 250 };
const html = { 'content-type': 'text/html' };

/** What every vendor has to do, in every format it is called in. Called once per dialect, at the top of a test file. */
export function conforms(dialect: Dialect): void {
  describe(dialect.name, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await openBench();
    });
    afterAll(() => bench.close());

    const play = (events: readonly Chunk[], ending: 'end' | 'reset' | 'hang' = 'end'): void =>
      bench.server.play({ headers: dialect.streamHeaders, chunks: events, ending });
    const call = (options?: Parameters<Bench['call']>[1]) => bench.call(dialect, options);
    const onlyRequest = () => {
      expect(bench.server.requests).toHaveLength(1);
      return bench.server.requests[0]!;
    };
    /** A case that some vendor cannot do; the reason stands in its dialect. */
    const may = (what: SkippableCase, name: string, body: () => Promise<void>): void => {
      const reason = dialect.skip?.[what];
      if (reason === undefined) it(name, body);
      else it.skip(`${name} (not here: ${reason})`, () => {});
    };

    describe('what is sent', () => {
      it('is one request with system, turns and the token limit, and never a temperature', async () => {
        play(dialect.events(meant));
        await call();
        const request = onlyRequest();
        expect(request.path).toBe(dialect.paths.streamed);
        expect(dialect.asked(request)).toEqual({
          model: dialect.upstreamId ?? 'some-model',
          streaming: true,
          maxTokens: 256,
          messages: [
            { role: 'system', text: 'You are a clerk.' },
            { role: 'user', text: 'planted prompt' },
            { role: 'assistant', text: '{' },
            { role: 'user', text: 'That was no JSON.' },
          ],
          format: 'none',
        });
        expect(JSON.stringify(request.body)).not.toMatch(/temperature/i);
      });

      it('asks for JSON in the mode it was told, and says nothing of it in mode prompt', async () => {
        for (const mode of Object.keys(dialect.formats) as Mode[]) {
          play(dialect.events(meant));
          await call({ prompt: jsonPrompt(mode) }).catch(() => {});
          expect([mode, dialect.asked(onlyRequest()).format]).toEqual([mode, dialect.formats[mode]]);
        }
      });

      it('asks for no stream where the server cannot', async () => {
        bench.server.play({ chunks: [dialect.whole(meant)] });
        await call({ streaming: false });
        expect(onlyRequest().path).toBe(dialect.paths.whole);
        expect(dialect.asked(onlyRequest()).streaming).toBe(false);
      });

      it('is the same whatever the environment of the worker says', async () => {
        play(dialect.events(meant));
        await call();
        const before = withoutTime(onlyRequest());
        const planted = await plantEnvironment();
        try {
          play(dialect.events(meant));
          await call();
          expect(withoutTime(onlyRequest())).toEqual(before);
          expect(JSON.stringify(onlyRequest())).not.toContain(planted.mark);
          expect(planted.visitors()).toBe(0);
        } finally {
          await planted.remove();
        }
      });
    });

    describe('an answer', () => {
      for (const end of ['stop', 'length', 'refusal'] as const) {
        const same = async (): Promise<void> => {
          play(dialect.events({ ...meant, end }));
          const streamed = await call();
          bench.server.play({ chunks: [dialect.whole({ ...meant, end })] });
          const whole = await call({ streaming: false });
          expect(streamed).toEqual({ text: said, finish: end, usage: dialect.usage ?? usage });
          expect(whole).toEqual(streamed);
        };
        const name = `that ends with ${end} is the same streamed and whole`;
        if (end === 'refusal') may('refusal', name, same);
        else it(name, same);
      }

      may('usage left out', 'has no usage where the vendor says none', async () => {
        play(dialect.events({ ...meant, usage: false }));
        expect(await call()).toEqual({ text: said, finish: 'stop', usage: null });
      });

      it('that a filter stopped is a failure, and its text is dropped', async () => {
        for (const streaming of [true, false]) {
          const filtered: Meant = { ...meant, end: 'filtered' };
          if (streaming) play(dialect.events(filtered));
          else bench.server.play({ chunks: [dialect.whole(filtered)] });
          const failure = await failureOf(call({ streaming }));
          expect(failure.type).toBe('model.content-filtered');
          expect(JSON.stringify(failure) + failure.message).not.toContain('mörning');
        }
      });

      it('is read though every byte comes alone', async () => {
        play([...bytesOf(dialect.events(meant))].map((byte) => Uint8Array.of(byte)));
        expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
      });

      may('text lines', 'is read though lines end in CRLF', async () => {
        play(dialect.events(meant).map((event) => String(event).replaceAll('\n', '\r\n')));
        expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
      });

      may('whole instead of stream', 'that comes whole though a stream was asked for is read', async () => {
        bench.server.play({ chunks: ['  \n', dialect.whole(meant)] });
        expect(await call()).toMatchObject({ text: said });
      });

      it('tells the caller of its progress', async () => {
        play(dialect.events(meant));
        let progress = 0;
        await call({ onProgress: () => (progress += 1) });
        expect(progress).toBeGreaterThanOrEqual(meant.words.length);
      });
    });

    describe('a damaged stream', () => {
      it('is never a success, wherever it ends before its end was said', async () => {
        const events = dialect.events(meant);
        for (let kept = 0; kept < events.length - dialect.tail; kept += 1) {
          play(events.slice(0, kept));
          expect([kept, (await failureOf(call())).type]).toEqual([kept, 'model.invalid-answer']);
        }
      });

      it('that breaks in the middle is unreachable, and may have been billed', async () => {
        play(dialect.events(meant).slice(0, 3), 'reset');
        const failure = await failureOf(call());
        expect([failure.type, failure.hints]).toEqual(['model.unreachable', { sent: 'yes' }]);
      });

      it('is a success once the end was said, though the connection then breaks or hangs', async () => {
        for (const ending of ['reset', 'hang'] as const) {
          play(dialect.events(meant), ending);
          expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
          await bench.server.abandoned();
        }
      });

      it('is read past an event that is not of the answer', async () => {
        const events = [...dialect.events(meant)];
        events.splice(2, 0, ...dialect.harmless);
        play(events);
        expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
      });

      it('is no answer when the broken event held text, and the rest is not waited for', async () => {
        play([...dialect.events(meant).slice(0, 2), dialect.damaged], 'hang');
        expect((await failureOf(call())).type).toBe('model.invalid-answer');
        await bench.server.abandoned();
      });

      it.each(dialect.errorEvents)('that reports %s is the failure it names', async (_name, event, type) => {
        const events = dialect.events(meant);
        play([...events.slice(0, 3), event, ...events.slice(3)]);
        const failure = await failureOf(call());
        expect(failure.type).toBe(type);
        expect(JSON.stringify(failure) + failure.message).not.toContain('planted');
      });
    });

    describe('what is no answer at all', () => {
      const blank = (end: Meant['end']) => dialect.whole({ ...meant, words: [' \n'], end });
      const none: readonly (readonly [string, Script])[] = [
        ['an HTML page', { headers: html, chunks: ['<html>It works!</html>'] }],
        [
          'an HTML page that claims to be a stream',
          { headers: dialect.streamHeaders, chunks: ['<html>It works!</html>'] },
        ],
        ['an empty body', { chunks: [] }],
        ['no content', { status: 204 }],
        ['an empty object', { chunks: ['{}'] }],
        ['a list', { chunks: ['[1,2]'] }],
        ['half a JSON text', { chunks: [dialect.whole(meant).slice(0, -20)] }],
        ['blank text', { chunks: [blank('stop')] }],
        ['blank text at the token limit', { chunks: [blank('length')] }],
        ...dialect.nonAnswers.map(([name, body]) => [name, { chunks: [body] }] as const),
      ];
      it.each(none)('%s is model.invalid-answer', async (_name, script) => {
        for (const streaming of [true, false]) {
          bench.server.play(script);
          expect((await failureOf(call({ streaming }))).type).toBe('model.invalid-answer');
          onlyRequest();
        }
      });
    });

    describe('an error status', () => {
      it.each(dialect.refusals.map((one) => [one.status, one.body, one.type, one] as const))(
        '%i %s is %s, after one request',
        async (status, body, type, { headers = {}, retryAfterMs }) => {
          bench.server.play({ status, headers, chunks: [body] });
          const failure = await failureOf(call());
          expect(failure.type).toBe(type);
          expect(failure.message).toBe(`The vendor answered ${status}.`);
          const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
          expect(failure.hints).toEqual({ httpStatus: status, sent: 'yes', ...asked });
          expect(failure.cause).toBeUndefined();
          onlyRequest();
        },
      );

      it('carries when the vendor wants us back, and whether it wants us at all', async () => {
        bench.server.play({ status: 503, headers: { 'retry-after': '7', 'x-should-retry': 'false' } });
        expect((await failureOf(call())).hints).toMatchObject({ retryAfterMs: 7_000, retry: false });
      });

      it('tells a refused mode from a refused prompt', async () => {
        const { body, headers = {} } = dialect.refusedMode;
        bench.server.play({ status: 400, headers, chunks: [body] });
        const refusing = async (prompt?: ReturnType<typeof jsonPrompt>) =>
          (await failureOf(call(prompt && { prompt }))).hints.refusedMode;
        expect(await refusing(jsonPrompt('json_schema'))).toBe(true);
        expect(await refusing(jsonPrompt('prompt'))).toBeUndefined();
        expect(await refusing()).toBeUndefined();
      });

      it('is told though its body never ends', async () => {
        bench.server.play({ status: 500, chunks: ['x'.repeat(70_000)], ending: 'hang' });
        expect((await failureOf(call())).type).toBe('model.server-error');
      });
    });

    describe('a silent vendor', () => {
      it('that sends no headers passes the limit of the first token and is not asked again', async () => {
        bench.server.play({ ending: 'silence' });
        const failure = await failureOf(call({ limits: quick }));
        expect(failure.type).toBe('model.timed-out');
        expect(failure.hints).toEqual({ sent: 'maybe', retry: false });
        await bench.server.abandoned();
        onlyRequest();
      });

      it('that sends headers and news but no token passes the same limit', async () => {
        play(dialect.events(meant).slice(0, dialect.head), 'hang');
        const failure = await failureOf(call({ limits: { ...quick, idleMs: 9_000 } }));
        expect(failure.hints).toEqual({ sent: 'yes', retry: false });
      });

      it('that stops in the middle passes the idle limit', async () => {
        play(dialect.events(meant).slice(0, 3), 'hang');
        const failure = await failureOf(call({ limits: { firstTokenMs: 9_000, idleMs: 60 } }));
        expect(failure.type).toBe('model.timed-out');
        expect(failure.hints).toEqual({ sent: 'yes', retry: false });
        await bench.server.abandoned();
      });

      it('that cannot stream is only held to the limit of the whole, and may be asked once more', async () => {
        bench.server.play({ ending: 'silence' });
        const limits = { firstTokenMs: 20, idleMs: 20, totalMs: 120 };
        const failure = await failureOf(call({ streaming: false, limits }));
        expect(failure.hints).toEqual({ sent: 'maybe' });
        expect(failure.message).toContain('whole answer');
      });
    });

    describe('a cancellation', () => {
      const reason = new Error('the run was aborted');
      const inStream = dialect.events(meant).slice(0, 3);

      it.each([
        ['before headers', { ending: 'silence' }],
        ['in an error body', { status: 500, chunks: ['{'], ending: 'hang' }],
        ['in the body', { chunks: ['{"choices":'], ending: 'hang' }],
        ['in the stream', { headers: dialect.streamHeaders, chunks: inStream, ending: 'hang' }],
      ] as const)('%s lets go of the request and rethrows its reason', async (_phase, script) => {
        bench.server.play(script);
        const abort = new AbortController();
        const calling = call({ signal: abort.signal });
        await Promise.race([bench.server.requested(), calling]);
        abort.abort(reason);
        await expect(calling).rejects.toBe(reason);
        await bench.server.abandoned();
      });

      it('that came before the call sends nothing', async () => {
        bench.server.play({});
        await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        expect(bench.server.requests).toHaveLength(0);
      });
    });

    it('follows no redirect', async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        bench.server.play({ status, headers: { location: `${bench.server.url}/elsewhere` } });
        const failure = await failureOf(call());
        expect(failure.type).toBe('model.misconfigured');
        expect(failure.hints).toMatchObject({ httpStatus: status });
        onlyRequest();
      }
    });

    it('names a connection that breaks before the headers unreachable', async () => {
      bench.server.play({ ending: 'drop' });
      const failure = await failureOf(call());
      expect([failure.type, failure.hints]).toEqual(['model.unreachable', { sent: 'maybe' }]);
      onlyRequest();
    });

    it('keeps its connections: undici alternates between two when one call follows another at once', async () => {
      const fresh = await openBench();
      try {
        fresh.server.play({ headers: dialect.streamHeaders, chunks: dialect.events(meant) });
        for (let time = 0; time < 6; time += 1) await fresh.call(dialect);
        expect(new Set(fresh.server.requests.map((one) => one.port)).size).toBeLessThanOrEqual(2);
      } finally {
        await fresh.close();
      }
    });

    it('opens no socket past the guard, and asks it for no host that it does not declare', async () => {
      const asked: string[] = [];
      const answer = new Response(dialect.whole(meant), { headers: { 'content-type': 'application/json' } });
      const guard: Guard = {
        wellKnown: bench.guard.wellKnown,
        fetch: (hosts) => async () => {
          asked.push(...hosts);
          return answer.clone();
        },
        close: async () => {},
      };
      const sockets = countSockets();
      try {
        await bench.call(dialect, { guard, streaming: false });
        expect([asked.length > 0, sockets.opened()]).toEqual([true, 0]);
        const { hosts } = dialect.vendor;
        expect(asked).toEqual(hosts(dialect.settings(bench.server.url), bench.guard.wellKnown));
        // The count would see one: a real guard opens it.
        bench.server.play({ chunks: [dialect.whole(meant)] });
        const fresh = await openBench();
        await bench.call(dialect, { guard: fresh.guard, streaming: false });
        await fresh.close();
        expect(sockets.opened()).toBe(1);
      } finally {
        sockets.stop();
      }
    });
  });
}

function bytesOf(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as Uint8Array)));
}

/** Signatures and ids of a request change with the clock; what they are made of does not. */
function withoutTime({
  port,
  ...request
}: {
  readonly port: number | undefined;
  readonly headers: object;
}): object {
  void port;
  const changing =
    /^(authorization|date|x-date|x-amz-date|amz-sdk-invocation-id|opc-client-retries|opc-request-id)$/;
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    changing.test(name) ? withoutSignature(String(value)) : value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) as object };
}

function withoutSignature(value: string): string {
  return value.startsWith('Bearer ')
    ? value
    : value.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{8,}|\d{6,}|signature="[^"]*"|.* GMT$/gi, '·');
}

function countSockets(): { opened(): number; stop(): void } {
  const { connect } = Socket.prototype;
  let opened = 0;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    // The scripted server lives in this process too; it accepts, it does not connect.
    opened += 1;
    return Reflect.apply(connect, this, args) as Socket;
  };
  return {
    opened: () => opened,
    stop: () => {
      Socket.prototype.connect = connect;
    },
  };
}
