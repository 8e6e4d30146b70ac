import { inspect } from 'node:util';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { createFindLeaks, cutMinBytes } from './find-leaks.ts';
import type { Planted } from './find-leaks.ts';

/** With everything in it that some encoding writes in another way. */
const text = 'q7"Zk\\2vN9/pLr4+Tz=W8&kYb3 Mé漢Xc5Rj6Hd1Fg0';
const planted: Planted = { name: 'key', value: text };
const findLeaks = createFindLeaks([planted]);
const bytes = Buffer.from(text);
const formsIn = (haystack: Uint8Array | string) => findLeaks(haystack).map(({ form }) => form);

const urlForm = (piece: string) => new URLSearchParams({ '': piece }).toString().slice(1);
const everyByte = (write: (byte: number) => string) => [...bytes].map(write).join('');
const hexOf = (byte: number) => byte.toString(16).padStart(2, '0');

const encodings: Readonly<Record<string, string | Uint8Array>> = {
  'as it is': text,
  base64: bytes.toString('base64'),
  base64url: bytes.toString('base64url'),
  'hex in lower case': bytes.toString('hex'),
  'hex in upper case': bytes.toString('hex').toUpperCase(),
  'a URL': encodeURIComponent(text),
  'a form': urlForm(text),
  'a URL, every byte escaped': everyByte((byte) => `%${hexOf(byte)}`),
  'JSON as text': JSON.stringify(text),
  'JSON in JSON': JSON.stringify(JSON.stringify({ text })),
  'JSON, all of it escaped': text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join(''),
  'UTF-16, little end first': Buffer.from(text, 'utf16le'),
  'UTF-16, big end first': Buffer.from(text, 'utf16le').swap16(),
  'UTF-16 in base64': Buffer.from(text, 'utf16le').toString('base64'),
  backwards: [...text].toReversed().join(''),
  'a printed buffer': inspect(bytes.subarray(0, 50)),
  'a buffer in JSON': JSON.stringify({ bytes }),
  'a buffer in readable JSON': JSON.stringify({ bytes }, null, 2),
  'a printed array of bytes': inspect(new Uint8Array(bytes)),
  gzip: gzipSync(bytes),
  zlib: deflateSync(bytes),
  'a bare deflate stream': deflateRawSync(bytes),
};

const around = [Buffer.from('before \x00\xff, '), Buffer.from(' \x00 and after')] as const;
/** The bare stream has no mark, and is looked for at the beginning only. */
const startOf = (encoding: string) => (encoding === 'a bare deflate stream' ? Buffer.alloc(0) : around[0]);

test.each(Object.entries(encodings))('it is found written as %s, among other bytes', (name, written) => {
  expect(findLeaks(Buffer.concat([startOf(name), Buffer.from(written), around[1]]))).toContainEqual({
    planted: 'key',
    form: expect.any(String),
  });
});

/** Deterministic, so that a failure is one that can be looked at. */
function noise(length: number): Buffer {
  let state = 7;
  return Buffer.from(
    Array.from({ length }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24),
  );
}

test('where it is not, nothing is found, whatever the other bytes are', () => {
  const other = noise(50_000);
  const haystacks = [
    other,
    other.toString('base64'),
    other.toString('hex'),
    gzipSync(other),
    JSON.stringify([...other.subarray(0, 5_000)]),
    inspect(other),
    [...text].toSorted().join(''),
    '',
  ];
  for (const haystack of haystacks) expect(findLeaks(haystack)).toEqual([]);
});

describe.each([
  ['base64', (whole: Buffer) => whole.toString('base64')],
  ['base64url', (whole: Buffer) => whole.toString('base64url')],
  ['hex', (whole: Buffer) => whole.toString('hex')],
] as const)('in %s', (_, write) => {
  test.each([0, 1, 2, 3, 4, 5])('it is found behind %i other bytes of the same data', (before) => {
    const whole = Buffer.concat([noise(before), bytes, noise(11)]);
    expect(formsIn(write(whole))).not.toEqual([]);
    expect(formsIn(write(whole.subarray(0, before + bytes.length)))).not.toEqual([]);
  });

  test('any cut of it is found, at every place and behind every character that it may follow', () => {
    for (let from = 0; from + cutMinBytes <= bytes.length; from += 1) {
      const part = bytes.subarray(from, from + cutMinBytes);
      for (const before of ['', 'a', 'ab', 'abc']) expect(formsIn(before + write(part))).not.toEqual([]);
    }
  });

  test('it is found where the encoded text itself was cut at any character', () => {
    const written = write(Buffer.concat([noise(4), bytes, noise(4)]));
    for (let from = 0; from + 40 <= written.length; from += 1)
      expect(formsIn(written.slice(from, from + 40))).not.toEqual([]);
  });
});

test('any cut of it as text is found', () => {
  for (let from = 0; from + cutMinBytes <= text.length; from += 1)
    expect(formsIn(text.slice(from, from + cutMinBytes))).not.toEqual([]);
});

test.each([
  ['a file name in the header of gzip', () => withFileName(gzipSync(bytes)), 'gzip › plain'],
  [
    'gzip that was cut off',
    () => gzipSync(Buffer.concat([bytes, noise(5_000)])).subarray(0, 900),
    'gzip › plain',
  ],
  [
    'two streams, one after the other',
    () => Buffer.concat([gzipSync('first'), gzipSync(bytes)]),
    'gzip › plain',
  ],
  ['gzip as a column of bytes', () => `\\x${gzipSync(bytes).toString('hex')}`, 'hex › gzip › plain'],
  [
    'gzip in base64 in JSON',
    () => JSON.stringify({ data: gzipSync(bytes).toString('base64') }),
    'base64 › gzip › plain',
  ],
  ['base64 in gzip', () => gzipSync(`"${bytes.toString('base64')}"`), 'gzip › base64 › plain'],
  ['hex in base64', () => Buffer.from(bytes.toString('hex')).toString('base64'), 'base64 › hex › plain'],
  [
    'base64 in lines',
    () =>
      (
        Buffer.concat([noise(50), bytes, noise(50)])
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\n'),
    'base64 › plain',
  ],
] as const)('it is found inside %s', (_, make, form) => {
  expect(formsIn(make())).toContain(form);
});

/** RFC 1952: flag 8 and a text that ends with 0, behind the first ten bytes. */
function withFileName(stream: Buffer): Buffer {
  const head = Buffer.from(stream.subarray(0, 10));
  head[3] = 8;
  return Buffer.concat([head, Buffer.from('dump.json\0'), stream.subarray(10)]);
}

test('a key that is no text is found as bytes and in their encodings', () => {
  const key = noise(32);
  const find = createFindLeaks([{ name: 'raw', value: key }]);
  for (const haystack of [key, key.toString('hex'), key.toString('base64url'), inspect(key)])
    expect(find(haystack)).not.toEqual([]);
  expect(find(noise(64).subarray(33))).toEqual([]);
});

test('each of several planted texts is told by its name', () => {
  const find = createFindLeaks([planted, { name: 'prompt', value: 'Vw3 nQ8 sJ5 xB2 mK7 tD4' }]);
  const namesIn = (haystack: string) => [...new Set(find(haystack).map(({ planted: name }) => name))];
  expect(namesIn(text)).toEqual(['key']);
  expect(namesIn('Vw3 nQ8 sJ5 xB2 mK7 tD4')).toEqual(['prompt']);
});

test('a text that is too short to be told from chance is refused', () => {
  expect(() => createFindLeaks([{ name: 'pin', value: 'short' }])).toThrow('pin is too short');
});
