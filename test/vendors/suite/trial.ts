import type { VendorReply } from '../../../contract/index.ts';
import { openBench, type Bench } from '../calling.ts';
import type { Chunk, Dialect, Meant, SkippableCase } from '../dialects/dialect.ts';
import type { SeenRequest } from '../scripted-server.ts';

export const meant: Meant = { words: ['Good ', 'mörning', ', 8.0!'], end: 'stop', usage: true };
export const said = meant.words.join('');

/** One dialect on a bench of its own: what the parts of the suite have in common. */
export interface Trial {
  readonly dialect: Dialect;
  /** There once the tests run. */
  bench(): Bench;
  /** Answers with these events from now on. */
  play(events: readonly Chunk[], ending?: 'end' | 'reset' | 'hang'): void;
  call(options?: Parameters<Bench['call']>[1]): Promise<VendorReply>;
  /** The request that came since the last `play`; more or none fail the test. */
  onlyRequest(): SeenRequest;
  /** A case that some vendor cannot do; the reason stands in its dialect. */
  may(what: SkippableCase, name: string, body: () => Promise<void>): void;
}

/** Called where tests are declared: opens the bench before them and closes it after them. */
export function openTrial(dialect: Dialect): Trial {
  let opened: Bench;
  beforeAll(async () => {
    opened = await openBench();
  });
  afterAll(() => opened.close());
  return {
    dialect,
    bench: () => opened,
    play: (events, ending = 'end') =>
      opened.server.play({ headers: dialect.streamHeaders, chunks: events, ending }),
    call: (options) => opened.call(dialect, options),
    onlyRequest: () => {
      expect(opened.server.requests).toHaveLength(1);
      return opened.server.requests[0]!;
    },
    may: (what, name, body) => {
      const reason = dialect.skip?.[what];
      if (reason === undefined) it(name, body);
      else it.skip(`${name} (not here: ${reason})`, () => {});
    },
  };
}
