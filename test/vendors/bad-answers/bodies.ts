import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Chunk, Dialect } from '../dialects/dialect.ts';
import { http, meant, said, type BadAnswer, type Outcome } from './bad-answer.ts';
import { nested } from './statuses.ts';

type Body = readonly [name: string, body: Chunk, outcome: Outcome, headers?: Record<string, string>];

const invalid = 'model.invalid-answer';

/** Successes whose body is not the answer it should be, asked for as a stream and in one piece. */
export function badBodies(dialect: Dialect): readonly BadAnswer[] {
  const answer = dialect.whole(meant);
  const beside = (fields: string): string => `${answer.slice(0, -1)},${fields}}`;
  const bodies: readonly Body[] = [
    ['no body', '', invalid],
    ['blanks', ' \r\n\t ', invalid],
    ['an HTML page', '<html>planted</html>', invalid],
    ['an HTML page that says so', '<html>planted</html>', invalid, { 'content-type': 'text/html' }],
    ['a list', '[]', invalid],
    ['the answer in a list', `[${answer}]`, invalid],
    ['the answer in a text', JSON.stringify(answer), invalid],
    ['a number', '42', invalid],
    ['no JSON number', 'NaN', invalid],
    ['null', 'null', invalid],
    ['true', 'true', invalid],
    ['an empty object', '{}', invalid],
    ['a list of lists of lists', nested('[', ']'), invalid],
    ['an object of objects of objects', nested('{"a":', '}'), invalid],
    ['broken UTF-8', Uint8Array.of(0xff, 0xfe, 0xc0, 0x80), invalid],
    ['the answer in UTF-16', Buffer.from(answer, 'utf16le'), invalid],
    ['half the answer', answer.slice(0, answer.length / 2), invalid],
    ['the answer without its last brace', answer.slice(0, -1), invalid],
    ['the answer with text after it', `${answer} planted`, invalid],
    ['the answer with text before it', `planted ${answer}`, invalid],
    ['the answer twice', answer + answer, invalid],
    ['the answer in single quotes', answer.replaceAll('"', "'"), invalid],
    ['the answer behind a byte order mark', `\uFEFF${answer}`, 'answered'],
    ['the answer among blanks', `\n\n ${answer}\r\n`, 'answered'],
    ['an answer with error: null', beside('"error":null'), 'answered'],
    ['an answer with error: {}', beside('"error":{}'), 'answered'],
    ['an answer with error: ""', beside('"error":""'), 'answered'],
    [
      'an answer with keys that objects have already',
      beside('"__proto__":{"planted":1},"toString":1'),
      'answered',
    ],
    ['an answer beside a deep one', beside(`"x":${nested('[', ']')}`), 'answered'],
    ['an answer beside a long text', beside(`"x":"${'planted'.repeat(20_000)}"`), 'answered'],
    ['an answer beside broken UTF-8', brokenBeside(answer), 'answered'],
    ['an error without a code', '{"error":{"message":"planted"}}', 'model.server-error'],
    ['an error as a text', '{"error":"planted"}', 'model.server-error'],
    ['an error with a status for a code', '{"error":{"code":429}}', 'model.rate-limited'],
    ['an error beside the answer', beside('"error":{"code":503}'), 'model.overloaded'],
  ];
  return bodies.flatMap(([name, body, outcome, headers]) =>
    [false, true].map((streaming) => ({
      name: `${name}, asked for ${streaming ? 'as a stream' : 'in one piece'}`,
      streaming,
      answer: http({ chunks: [body], ...(headers === undefined ? {} : { headers }) }),
      outcomes: wholeInstead(dialect, streaming, outcome),
    })),
  );
}

/** A vendor that never answers a request for a stream in one piece need not be understood when it does. */
function wholeInstead(dialect: Dialect, streaming: boolean, outcome: Outcome): readonly Outcome[] {
  const never = dialect.skip?.['whole instead of stream'] !== undefined;
  return streaming && never ? [outcome, invalid] : [outcome];
}

function brokenBeside(answer: string): Buffer {
  const field = [Buffer.from('{"x":"'), Buffer.of(0xff, 0xc3), Buffer.from('",')];
  return Buffer.concat([...field, Buffer.from(answer.slice(1))]);
}

/** Content types and encodings that do not go with the body. */
export function badLabels(dialect: Dialect): readonly BadAnswer[] {
  const answer = dialect.whole(meant);
  // All of the answer is in it: without a cap it would be one.
  const bomb = `${answer.slice(0, -1)},"x":"${'0'.repeat(1_000_000)}"}`;
  const encoded: readonly Body[] = [
    ['gzip', gzipSync(answer), 'answered', { 'content-encoding': 'gzip' }],
    ['deflate', deflateSync(answer), 'answered', { 'content-encoding': 'deflate' }],
    ['Brotli', brotliCompressSync(answer), 'answered', { 'content-encoding': 'br' }],
    ['gzip in gzip', gzipSync(gzipSync(answer)), 'answered', { 'content-encoding': 'gzip, gzip' }],
    ['gzip that is none', answer, invalid, { 'content-encoding': 'gzip' }],
    ['Brotli that is none', answer, invalid, { 'content-encoding': 'br' }],
    ['half of a gzip', gzipSync(answer).subarray(0, 60), invalid, { 'content-encoding': 'gzip' }],
    ['gzip that nobody mentions', gzipSync(answer), invalid],
    ['a bomb of gzip', gzipSync(bomb), invalid, { 'content-encoding': 'gzip' }],
    ['a bomb of Brotli', brotliCompressSync(bomb), invalid, { 'content-encoding': 'br' }],
    ['a bomb in a bomb', gzipSync(gzipSync(bomb)), invalid, { 'content-encoding': 'gzip, gzip' }],
    ['more than the cap', bomb, invalid],
  ];
  const types = ['', 'text/plain', 'application/octet-stream', 'planted', 'text/event-stream', 'text/html'];
  return [
    ...encoded.map(([name, body, outcome, headers = {}]) => ({
      name,
      streaming: false,
      answer: http({ chunks: [body], headers: { 'content-type': 'application/json', ...headers } }),
      outcomes: [outcome],
      maxBytes: 64 * 1024,
    })),
    ...types.flatMap((type): BadAnswer[] => [
      {
        name: `a whole answer of the type "${type}"`,
        streaming: false,
        answer: http({ chunks: [answer], headers: { 'content-type': type } }),
        outcomes: /stream/.test(type) ? ['answered', invalid] : ['answered'],
      },
      {
        name: `a whole answer of the type "${type}" in place of a stream`,
        streaming: true,
        answer: http({ chunks: [answer], headers: { 'content-type': type } }),
        outcomes: ['answered', invalid],
      },
      {
        name: `a stream of the type "${type}"`,
        streaming: true,
        answer: http({ chunks: dialect.events(meant), headers: { 'content-type': type } }),
        outcomes: ['answered', invalid],
      },
    ]),
    ...[201, 202, 203, 206].map((status) => ({
      name: `a whole answer with status ${status}`,
      streaming: false,
      answer: http({ status, chunks: [answer] }),
      outcomes: ['answered'] as const,
    })),
    {
      name: 'a status that promises no body',
      streaming: false,
      answer: http({ status: 204 }),
      outcomes: [invalid],
    },
  ];
}

/** Bytes of the text itself that are no UTF-8: the text then says so where they stood, or there is none. */
export function brokenText(dialect: Dialect): readonly BadAnswer[] {
  const [before = '', after = ''] = dialect.whole(meant).split('ö');
  const body = Buffer.concat([Buffer.from(before), Buffer.of(0xff), Buffer.from(after)]);
  return [
    {
      name: 'a text with a byte that is no UTF-8',
      streaming: false,
      answer: http({ chunks: [body] }),
      outcomes: [invalid],
      mayConsistOf: [said.replace('ö', '\uFFFD')],
    },
  ];
}
