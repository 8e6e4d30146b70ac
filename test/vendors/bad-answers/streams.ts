import { gzipSync } from 'node:zlib';
import type { Chunk, Dialect } from '../dialects/dialect.ts';
import {
  completeAfter,
  http,
  meant,
  stream,
  type BadAnswer,
  type Ending,
  type Outcome,
} from './bad-answer.ts';

const invalid = 'model.invalid-answer';
const streamed = (name: string, rest: Omit<BadAnswer, 'name' | 'streaming'>): BadAnswer => ({
  name,
  streaming: true,
  ...rest,
});

/** What becomes of a stream that ends before its end was said. */
const early: Readonly<Record<Ending, Outcome>> = {
  end: invalid,
  cut: 'model.unreachable',
  reset: 'model.unreachable',
  hang: 'model.timed-out',
};
const endings = Object.keys(early) as Ending[];

/** Cut at every boundary of events, and in the middle of every event, with every ending. */
export function cutStreams(dialect: Dialect): readonly BadAnswer[] {
  const events = dialect.events(meant);
  const complete = completeAfter(dialect);
  const cuts = events.flatMap((event, kept) => [
    { at: `before event ${kept}`, chunks: events.slice(0, kept), isComplete: kept >= complete },
    {
      at: `inside event ${kept}`,
      chunks: [...events.slice(0, kept), halfOf(event)],
      isComplete: kept >= complete,
    },
  ]);
  cuts.push({ at: 'after the last event', chunks: [...events], isComplete: true });
  return cuts.flatMap(({ at, chunks, isComplete }) =>
    endings.map((ending) =>
      streamed(`a stream cut ${at}, then ${ending}`, {
        answer: stream(dialect, chunks, ending),
        outcomes: [isComplete ? 'answered' : early[ending]],
        ...(ending === 'hang' && !isComplete ? { silent: true } : {}),
      }),
    ),
  );
}

function halfOf(event: Chunk): Chunk {
  return Buffer.from(event as Uint8Array).subarray(0, Math.floor(event.length / 2));
}

/** Something that does not belong there, at every position: once the end was said, it takes nothing of the answer away. */
export function strayEvents(dialect: Dialect): readonly BadAnswer[] {
  const strays: readonly (readonly [string, Chunk, Outcome])[] = [
    ...dialect.errorEvents.map(([name, event, type]) => [`the error ${name}`, event, type] as const),
    ['a damaged event that held text', dialect.damaged, invalid],
    ...dialect.harmless.map((event, index) => [`harmless event ${index}`, event, 'answered'] as const),
  ];
  const events = dialect.events(meant);
  return strays.flatMap(([name, stray, outcome]) =>
    Array.from({ length: events.length + 1 }, (_none, at) =>
      streamed(`${name} at ${at}`, {
        answer: stream(dialect, [...events.slice(0, at), stray, ...events.slice(at)]),
        outcomes: [at >= completeAfter(dialect) ? 'answered' : outcome],
      }),
    ),
  );
}

/** Words whose event is damaged outside of them: as long as they can be seen, they may not be passed over. */
export function damagedWords(dialect: Dialect): readonly BadAnswer[] {
  if (!isText(dialect)) return [];
  const events = dialect.events(meant) as readonly string[];
  return events.slice(0, completeAfter(dialect) - 1).flatMap((event, at) => {
    const quote = meant.words.map((word) => event.indexOf(JSON.stringify(word))).find((found) => found > 0);
    if (quote === undefined) return [];
    return [
      ['colon', quote - 1],
      ['quote', quote - 2],
      ['brace', event.indexOf('{')],
    ].map(([name, place]) => {
      const chunks = [...events];
      chunks[at] = `${event.slice(0, Number(place))}?${event.slice(Number(place) + 1)}`;
      return streamed(`a word behind a damaged name: the ${name} in event ${at}`, {
        answer: stream(dialect, chunks),
        outcomes: ['answered', invalid],
      });
    });
  });
}

/** Things said more than once, or after the end. */
export function repeatedStreams(dialect: Dialect): readonly BadAnswer[] {
  const events = dialect.events(meant);
  const complete = completeAfter(dialect);
  const words = events.slice(dialect.head, dialect.head + meant.words.length);
  const other = dialect.events({ words: ['planted '], end: 'length', usage: false });
  const all: readonly (readonly [string, readonly Chunk[]])[] = [
    ['the stream twice', [...events, ...events]],
    ['the stream, then another one', [...events, ...other]],
    ['a word after the end of all', [...events, ...words]],
    [
      'a word right after the end was said',
      [...events.slice(0, complete), ...words, ...events.slice(complete)],
    ],
    ['the end twice', [...events.slice(0, complete), ...events.slice(complete - 1)]],
    ['each event before the words twice', [...events.slice(0, dialect.head), ...events]],
    ['the tail three times', [...events, ...events.slice(complete), ...events.slice(complete)]],
  ];
  return all.map(([name, chunks]) =>
    streamed(name, { answer: stream(dialect, chunks), outcomes: ['answered'] }),
  );
}

/** Good events in a bad order, and none at all. */
export function emptyStreams(dialect: Dialect): readonly BadAnswer[] {
  const events = dialect.events(meant);
  const complete = completeAfter(dialect);
  const silent = (words: readonly string[]) => dialect.events({ ...meant, words });
  const [harmless = ''] = dialect.harmless;
  const filler = isText(dialect) ? `: ${'planted '.repeat(20_000)}\n\n` : Buffer.alloc(160_000);
  return [
    streamed('only the end', { answer: stream(dialect, silent([])), outcomes: [invalid] }),
    streamed('only blank words', { answer: stream(dialect, silent([' ', '\n'])), outcomes: [invalid] }),
    streamed('only the tail', { answer: stream(dialect, events.slice(complete)), outcomes: [invalid] }),
    streamed('an HTML page that claims to be a stream', {
      answer: stream(dialect, ['<html>\n\n<body>planted\n\n']),
      outcomes: [invalid],
    }),
    streamed('a whole answer that claims to be a stream', {
      answer: stream(dialect, [dialect.whole(meant)]),
      outcomes: [invalid],
    }),
    // Both hold the whole answer: without a cap they would be one.
    streamed('a line that is longer than the cap', {
      answer: stream(dialect, [filler, ...events]),
      outcomes: [invalid],
      maxBytes: 64 * 1024,
    }),
    streamed('more events than the cap', {
      answer: stream(dialect, [
        ...events.slice(0, complete - 1),
        ...Array.from({ length: Math.ceil(80_000 / harmless.length) }, () => harmless),
        ...events.slice(complete - 1),
      ]),
      outcomes: [invalid],
      maxBytes: 64 * 1024,
    }),
    streamed('a stream that is compressed', {
      answer: http({
        headers: { ...dialect.streamHeaders, 'content-encoding': 'gzip' },
        chunks: [gzipSync(Buffer.concat(events.map((event) => Buffer.from(event as Uint8Array))))],
      }),
      outcomes: ['answered'],
    }),
    streamed('a stream behind a byte order mark', {
      answer: stream(dialect, ['\uFEFF', ...events]),
      outcomes: isText(dialect) ? ['answered'] : [invalid],
    }),
    streamed('a silence after the end that is longer than the limit', {
      answer: stream(dialect, events, 'hang'),
      outcomes: ['answered'],
      idleMs: 800,
    }),
    ...['silence before the head', 'half a head, then silence'].map((name, index) =>
      streamed(name, {
        answer: { bytes: index === 0 ? [] : ['HTTP/1.1 200 OK\r\nx-planted: '], ending: 'open' },
        outcomes: ['model.timed-out'],
        silent: true,
      }),
    ),
  ];
}

/** Whether events are lines of text, or frames that carry check sums. */
export function isText(dialect: Dialect): boolean {
  return dialect.events(meant).every((event) => typeof event === 'string');
}
