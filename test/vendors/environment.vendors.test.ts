import { failureOf, openBench, type Bench } from './calling.ts';
import { dialects } from './dialects/all.ts';
import type { Meant } from './dialects/dialect.ts';
import { plantEnvironment, type PlantedEnvironment } from './planted-environment.ts';

let bench: Bench;
let planted: PlantedEnvironment;
beforeAll(async () => {
  [bench, planted] = await Promise.all([openBench(), plantEnvironment()]);
});
afterAll(() => Promise.all([bench.close(), planted.remove()]));

const meant: Meant = { words: ['planted answer'], end: 'stop', usage: true };

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))('%s', (_name, dialect) => {
  it('prints nothing and warns of nothing, whatever the environment asks for and however the call ends', async () => {
    const printed = listen();
    try {
      bench.server.play({ headers: dialect.streamHeaders, chunks: dialect.events(meant) });
      await bench.call(dialect);
      bench.server.play({ chunks: [dialect.whole(meant)] });
      await bench.call(dialect, { streaming: false });
      for (const script of [
        ...dialect.refusals.map(({ status, body, headers = {} }) => ({ status, headers, chunks: [body] })),
        { chunks: ['<html>planted</html>'] },
        { headers: dialect.streamHeaders, chunks: dialect.events(meant).slice(0, 1) },
        {
          headers: dialect.streamHeaders,
          chunks: dialect.events(meant).slice(0, 2),
          ending: 'reset' as const,
        },
        { ending: 'drop' as const },
        { status: 307, headers: { location: '/planted' } },
      ]) {
        bench.server.play(script);
        await failureOf(bench.call(dialect));
      }
      await failureOf(bench.call(dialect, { settings: { nonsense: 'planted' } }));
      expect(printed.lines()).toEqual([]);
      expect(planted.visitors()).toBe(0);
    } finally {
      printed.stop();
    }
  });
});

it('a line on any of these ways would be heard', () => {
  const printed = listen();
  try {
    console.log('one');
    console.table(['two']);
    process.stdout.write('three\n');
    process.stderr.write('four\n');
    process.emitWarning('five');
    expect(printed.lines().map((line) => line.replace(/[\s│┌─┬┐├┼┤└┴┘]+/g, ' '))).toHaveLength(5);
  } finally {
    printed.stop();
  }
});

/** Everything that is said while it listens, by whichever way; none of it gets through. */
function listen(): { lines(): readonly string[]; stop(): void } {
  const lines: string[] = [];
  const hear =
    (way: string) =>
    (...said: unknown[]): boolean => {
      const line = said.map(String).join(' ');
      if (!isForOperators(line)) lines.push(`${way}: ${line}`);
      return true;
    };
  const ways = [
    ...Object.entries(console).flatMap(([name, one]) =>
      typeof one === 'function' ? [[console as unknown as Ways, name] as const] : [],
    ),
    [process.stdout as unknown as Ways, 'write'] as const,
    [process.stderr as unknown as Ways, 'write'] as const,
    [process as unknown as Ways, 'emitWarning'] as const,
  ];
  const before = ways.map(([owner, name]) => owner[name]);
  for (const [owner, name] of ways) owner[name] = hear(name);
  return {
    lines: () => lines,
    stop: () => ways.forEach(([owner, name], index) => (owner[name] = before[index])),
  };
}

/** Amazon's SDK says once in a process's life that a version of Node grows old (seen 2026-11-24): true, and no tenant's. */
function isForOperators(line: string): boolean {
  return line.startsWith('NodeVersionSupportWarning: The AWS SDK for JavaScript');
}

type Ways = Record<string, unknown>;
