import { failureOf } from '../calling.ts';
import { meant, type Trial } from './trial.ts';

/** Short, but long enough for a request to arrive where many tests share two cores. */
const quick = { firstTokenMs: 500, idleMs: 500 };

/** A vendor that says nothing, and a caller who no longer wants to hear. */
export function silenceAndCancellation({ bench, call, dialect, onlyRequest, play }: Trial): void {
  describe('a silent vendor', () => {
    // The package is loaded and the connection open: neither takes a part of the short limits below.
    beforeAll(async () => {
      play(dialect.events(meant));
      await call();
    });

    it('that sends no headers passes the limit of the first token and is not asked again', async () => {
      bench().server.play({ ending: 'silence' });
      const failure = await failureOf(call({ limits: quick }));
      expect(failure.type).toBe('model.timed-out');
      expect(failure.hints).toEqual({ sent: 'maybe', retry: false });
      await bench().server.abandoned();
      onlyRequest();
    });

    it('that sends headers and news but no token passes the same limit', async () => {
      play(dialect.events(meant).slice(0, dialect.head), 'hang');
      const failure = await failureOf(call({ limits: { firstTokenMs: 1_000, idleMs: 9_000 } }));
      expect(failure.hints).toEqual({ sent: 'yes', retry: false });
    });

    it('that stops in the middle passes the idle limit', async () => {
      play(dialect.events(meant).slice(0, 3), 'hang');
      const failure = await failureOf(call({ limits: { firstTokenMs: 9_000, idleMs: 60 } }));
      expect(failure.type).toBe('model.timed-out');
      expect(failure.hints).toEqual({ sent: 'yes', retry: false });
      await bench().server.abandoned();
    });

    it('that cannot stream is only held to the limit of the whole, and may be asked once more', async () => {
      bench().server.play({ ending: 'silence' });
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
      bench().server.play(script);
      const abort = new AbortController();
      const calling = call({ signal: abort.signal });
      await Promise.race([bench().server.requested(), calling]);
      abort.abort(reason);
      await expect(calling).rejects.toBe(reason);
      await bench().server.abandoned();
    });

    it('that came before the call sends nothing', async () => {
      bench().server.play({});
      await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(bench().server.requests).toHaveLength(0);
    });
  });
}
