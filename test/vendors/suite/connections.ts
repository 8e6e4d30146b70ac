import type { Guard } from '../../../vendors/index.ts';
import { openBench } from '../calling.ts';
import { countSockets } from './count-sockets.ts';
import { meant, type Trial } from './trial.ts';

/** Sockets: as few as can be, and none past the guard. */
export function connections({ bench, dialect }: Trial): void {
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
      wellKnown: bench().guard.wellKnown,
      fetch: (hosts) => async () => {
        asked.push(...hosts);
        return answer.clone();
      },
      close: async () => {},
    };
    const sockets = countSockets();
    try {
      await bench().call(dialect, { guard, streaming: false });
      expect([asked.length > 0, sockets.opened()]).toEqual([true, 0]);
      const { hosts } = dialect.vendor;
      expect(asked).toEqual(hosts(dialect.settings(bench().server.url), bench().guard.wellKnown));
      // The count would see one: a real guard opens it.
      bench().server.play({ chunks: [dialect.whole(meant)] });
      const fresh = await openBench();
      await bench().call(dialect, { guard: fresh.guard, streaming: false });
      await fresh.close();
      expect(sockets.opened()).toBe(1);
    } finally {
      sockets.stop();
    }
  });
}
