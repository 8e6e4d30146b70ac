import type { Chunk, Dialect } from '../dialects/dialect.ts';
import { http, meant, type BadAnswer, type Outcome } from './bad-answer.ts';

const invalid = 'model.invalid-answer';
const broken = 'model.unreachable';

/** What breaks the rules of HTTP itself. */
export function badTransports(dialect: Dialect): readonly BadAnswer[] {
  const body = dialect.whole(meant);
  const { byteLength } = Buffer.from(body);
  const head = (lines: string, status = 'HTTP/1.1 200 OK') =>
    `${status}\r\ncontent-type: application/json\r\nconnection: close\r\n${lines}\r\n`;
  const sized = (length: number | string) => head(`content-length: ${length}\r\n`);
  const chunked = head('transfer-encoding: chunked\r\n');
  const framed = (chunk: string) => `${Buffer.from(chunk).byteLength.toString(16)}\r\n${chunk}\r\n`;

  const ended: readonly (readonly [string, string, ...Outcome[]])[] = [
    ['nothing but an end', '', broken],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-type: app', broken],
    ['another protocol', 'SSH-2.0-planted\r\n', invalid],
    ['a body without a head', body, invalid],
    ['an unknown version of HTTP', head('', 'HTTP/9.9 200 OK') + body, invalid],
    ['a status that is no number', head('', 'HTTP/1.1 planted') + body, invalid],
    ['a status of four digits', head('', 'HTTP/1.1 2000 OK') + body, invalid],
    ['a header without a colon', head('planted\r\n') + body, invalid],
    ['a zero byte in a header', head('x-a: \0planted\r\n') + body, invalid],
    ['a header of 100 KB', head(`x-a: ${'planted'.repeat(15_000)}\r\n`) + body, invalid],
    ['10,000 headers', head('x-a: planted\r\n'.repeat(10_000)) + body, invalid],
    ['the length told too long', sized(byteLength + 9) + body, broken],
    ['the length told too short', sized(byteLength - 9) + body, invalid],
    ['the length told as 0', sized(0) + body, invalid],
    ['the length told negative', sized(-1) + body, invalid],
    ['the length told in words', sized('planted') + body, invalid],
    // undici says of these two what it says of a connection that broke off: the length was not kept.
    ['two lengths', head('content-length: 5\r\ncontent-length: 6\r\n') + body, broken],
    [
      'a length and chunks',
      head('content-length: 5\r\ntransfer-encoding: chunked\r\n') + framed(body),
      broken,
    ],
    ['no length, ended by the connection', head('') + body, 'answered'],
    ['HTTP/1.0', head('', 'HTTP/1.0 200 OK') + body, 'answered'],
    ['a size of a chunk that is none', `${chunked}planted\r\n${body}`, invalid],
    ['a size of a chunk beyond all bounds', `${chunked}ffffffffffffffffff\r\n${body}`, invalid],
    ['a chunk that is shorter than it says', `${chunked}fff\r\n${body}`, broken],
    ['a chunk that is longer than it says', `${chunked}5\r\n${body}\r\n0\r\n\r\n`, invalid],
    ['chunks without a last one', chunked + framed(body), broken],
    ['stray bytes after the last chunk', `${chunked}${framed(body)}0\r\n\r\nplanted`, 'answered', invalid],
    ['a trailer', `${chunked}${framed(body)}0\r\nx-planted: 1\r\n\r\n`, 'answered'],
    [
      '100 Continue before the answer',
      `HTTP/1.1 100 Continue\r\n\r\n${sized(byteLength)}${body}`,
      'answered',
      broken,
    ],
    [
      'early hints before the answer',
      `HTTP/1.1 103 Early Hints\r\nlink: </planted>\r\n\r\n${sized(byteLength)}${body}`,
      'answered',
    ],
    [
      'a switch to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: planted\r\n\r\n',
      'model.unknown',
    ],
    ['a second answer behind the first', `${sized(byteLength)}${body}${sized(3)}{}\n`, 'answered'],
  ];
  return [
    ...ended.map(([name, text, ...outcomes]) => raw(name, [text], 'end', outcomes)),
    raw('a reset before the head', [], 'reset', [broken]),
    raw('a reset after the head', [sized(byteLength)], 'reset', [broken]),
    raw('a reset in the body', [sized(byteLength), body.slice(0, 20)], 'reset', [broken]),
    raw('a whole body, then a reset', [sized(byteLength), body], 'reset', ['answered']),
    {
      name: 'half an answer in one piece, then silence',
      streaming: false,
      answer: http({ chunks: [body.slice(0, 20)], ending: 'hang' }),
      outcomes: ['model.timed-out'],
      silent: true,
    },
  ];
}

function raw(
  name: string,
  bytes: readonly Chunk[],
  ending: 'end' | 'reset',
  outcomes: readonly Outcome[],
): BadAnswer {
  return { name, streaming: false, answer: { bytes, ending }, outcomes };
}
