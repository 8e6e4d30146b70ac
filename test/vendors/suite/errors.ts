import { failureOf } from '../calling.ts';
import { jsonPrompt } from '../dialects/dialect.ts';
import type { Trial } from './trial.ts';

/** Statuses, redirects and connections that never come to an answer. */
export function errors({ bench, call, dialect, onlyRequest }: Trial): void {
  describe('an error status', () => {
    it.each(dialect.refusals.map((one) => [one.status, one.body, one.type, one] as const))(
      '%i %s is %s, after one request',
      async (status, body, type, { headers = {}, retryAfterMs }) => {
        bench().server.play({ status, headers, chunks: [body] });
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
      bench().server.play({ status: 503, headers: { 'retry-after': '7', 'x-should-retry': 'false' } });
      expect((await failureOf(call())).hints).toMatchObject({ retryAfterMs: 7_000, retry: false });
    });

    it('tells a refused mode from a refused prompt', async () => {
      const { body, headers = {} } = dialect.refusedMode;
      bench().server.play({ status: 400, headers, chunks: [body] });
      const refusing = async (prompt?: ReturnType<typeof jsonPrompt>) =>
        (await failureOf(call(prompt && { prompt }))).hints.refusedMode;
      expect(await refusing(jsonPrompt('json_schema'))).toBe(true);
      expect(await refusing(jsonPrompt('prompt'))).toBeUndefined();
      expect(await refusing()).toBeUndefined();
    });

    it('is told though its body never ends', async () => {
      bench().server.play({ status: 500, chunks: ['x'.repeat(70_000)], ending: 'hang' });
      expect((await failureOf(call())).type).toBe('model.server-error');
    });
  });

  it('follows no redirect', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      bench().server.play({ status, headers: { location: `${bench().server.url}/elsewhere` } });
      const failure = await failureOf(call());
      expect(failure.type).toBe('model.misconfigured');
      expect(failure.hints).toMatchObject({ httpStatus: status });
      onlyRequest();
    }
  });

  it('names a connection that breaks before the headers unreachable', async () => {
    bench().server.play({ ending: 'drop' });
    const failure = await failureOf(call());
    expect([failure.type, failure.hints]).toEqual(['model.unreachable', { sent: 'maybe' }]);
    onlyRequest();
  });
}
