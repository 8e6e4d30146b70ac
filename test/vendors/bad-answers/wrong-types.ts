import type { Dialect } from '../dialects/dialect.ts';
import { http, meant, stream, type BadAnswer, type Outcome } from './bad-answer.ts';
import { stringsIn } from './made-of.ts';
import { isText } from './streams.ts';

type Path = readonly (string | number)[];

const invalid = 'model.invalid-answer';
const values: readonly unknown[] = [7, true, '', null, [], {}];

/** Every field of a whole answer with a value of every other type. */
export function wrongTypes(dialect: Dialect): readonly BadAnswer[] {
  const answer = JSON.parse(dialect.whole(meant)) as unknown;
  const ends = pathsThatDiffer(answer, JSON.parse(dialect.whole({ ...meant, end: 'length' })));
  const counts = pathsThatDiffer(answer, JSON.parse(dialect.whole({ ...meant, usage: false })));
  return pathsIn(answer).flatMap((path) => {
    const value = valueAt(answer, path);
    const touches = (paths: readonly Path[]): boolean => paths.some((one) => startsWith(one, path));
    const within = counts.some((one) => startsWith(path, one));
    const outcomes: readonly Outcome[] = touches(textPaths(answer))
      ? [invalid]
      : touches(ends) && value !== null
        ? [invalid]
        : within
          ? ['answered']
          : // A field that says what its neighbours are may cost the answer; it never changes it.
            ['answered', invalid];
    return othersThan(value).map((other) => ({
      name: `${path.join('.')} is ${JSON.stringify(other)}`,
      streaming: false,
      answer: http({ chunks: [JSON.stringify(replaced(answer, path, other))] }),
      outcomes,
      ...(tellsWhatIsSaid(path) ? { mayConsistOf: stringsIn(answer) } : {}),
    }));
  });
}

/**
 * The same in every event of a stream. A word that is null, empty or left out was not said; one of a wrong type was
 * said and is lost, so there is no answer unless the vendor repeats it.
 */
export function wrongTypesInEvents(dialect: Dialect): readonly BadAnswer[] {
  if (!isText(dialect)) return [];
  const events = dialect.events(meant) as readonly string[];
  return events.flatMap((event, at) => {
    const [, head = '', data = ''] = /^((?:event: .*\n)?data: )(\{.*\})\n\n$/.exec(event) ?? [];
    if (data === '') return [];
    const parsed = JSON.parse(data) as unknown;
    const words = textPaths(parsed);
    return pathsIn(parsed).flatMap((path) =>
      othersThan(valueAt(parsed, path)).map((other) => {
        const chunks = [...events];
        chunks[at] = `${head}${JSON.stringify(replaced(parsed, path, other))}\n\n`;
        const isUnsaid = words.some((one) => startsWith(one, path)) && isEmpty(other);
        const isWords = path.at(-1) === 'message' && other === '';
        return {
          name: `in event ${at} ${path.join('.')} is ${JSON.stringify(other)}`,
          streaming: true,
          answer: stream(dialect, chunks),
          // A message that is text, not an object, is how some vendors report an error.
          outcomes: ['answered', invalid, ...(isWords ? (['model.server-error'] as const) : [])],
          ...(isUnsaid || tellsWhatIsSaid(path)
            ? { mayConsistOf: [meant.words.filter((word) => !event.includes(word)).join('')] }
            : {}),
        };
      }),
    );
  });
}

/** Text of a kind that nobody knows is not the answer's: it is passed over, like a thought. */
function tellsWhatIsSaid(path: Path): boolean {
  return path.at(-1) === 'type' || path.at(-1) === 'thought';
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0) || value === '';
}

function othersThan(value: unknown): readonly unknown[] {
  return values.filter((other) => typeOf(other) !== typeOf(value) || (other === '' && value !== ''));
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}

/** Where words of the answer stand. */
function textPaths(value: unknown): readonly Path[] {
  return pathsIn(value).filter((path) => {
    const text = valueAt(value, path);
    return typeof text === 'string' && meant.words.some((word) => text.includes(word));
  });
}

export function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  const here = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return here;
  const keys = Array.isArray(value) ? value.map((_one, index) => index) : Object.keys(value);
  return [...here, ...keys.flatMap((key) => pathsIn(valueAt(value, [key]), [...path, key]))];
}

function pathsThatDiffer(one: unknown, other: unknown): readonly Path[] {
  return pathsIn(one).filter(
    (path) =>
      JSON.stringify(valueAt(one, path)) !== JSON.stringify(valueAt(other, path)) &&
      !pathsIn(valueAt(one, path)).some(
        (rest) =>
          JSON.stringify(valueAt(one, [...path, ...rest])) !==
          JSON.stringify(valueAt(other, [...path, ...rest])),
      ),
  );
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

export function replaced(value: unknown, path: Path, other: unknown): unknown {
  const copy = { root: structuredClone(value) } as Record<string, unknown>;
  const full: Path = ['root', ...path];
  const parent = valueAt(copy, full.slice(0, -1)) as Record<string, unknown>;
  parent[String(full.at(-1))] = other;
  return copy['root'];
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => path[index] === key);
}
