import { routes } from '../../api/index.ts';
import { checksumOf } from './checksum.ts';
import {
  exampleOf,
  furnish,
  nameOf,
  needsTemporal,
  ownNames,
  platformAdmin,
  type Example,
} from './examples.ts';
import { openApiWorld, type ApiWorld, type Said } from './world.ts';

let world: ApiWorld;
let before: Awaited<ReturnType<typeof checksumOf>>;
beforeAll(async () => {
  world = await openApiWorld();
  await furnish(world, 'acme');
  before = await checksumOf(world.database);
});
// Whatever was sent in this file was refused or read something, so nothing may have been written.
afterEach(async () => {
  const after = await checksumOf(world.database);
  const was = before;
  before = after;
  expect(after).toEqual(was);
});
afterAll(() => world.close());

const acme = ownNames('acme');
const withBody = routes
  .filter((route) => route.body !== undefined && exampleOf(route, acme).body !== undefined)
  .map((route) => [nameOf(route), exampleOf(route, acme), route] as const);

type Sent = NonNullable<RequestInit['body']>;

/** Sends a body of bytes, a text or a stream as it is. */
async function send(
  { method, path, headers }: Example,
  body: Sent | null,
  more: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const token = await world.tokenOf(platformAdmin);
  const init = {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
      ...more,
    },
    ...(body === null ? {} : { body, duplex: 'half' as const }),
  };
  const response = await world.api.fetch(new Request(`http://api.test${path}`, init));
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? null : JSON.parse(text),
  };
}

/** The problem that a request was answered with: the last word of its type. */
function problemOf({ headers, body, status }: Said): string {
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({ status, detail: expect.any(String), requestId: expect.any(String) });
  return String(body.type).replace('urn:byom:problem:', '');
}

const endless = (bytes: number): ReadableStream<Uint8Array> => {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      left -= 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
      if (left <= 0) controller.close();
    },
  });
};

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe.each(withBody)('%s', (_name, example, route) => {
  test('tells a body that cannot be read from one that does not fit', async () => {
    const good = JSON.stringify(example.body);
    const said: Record<string, string> = {};
    const cases: Readonly<Record<string, readonly [Sent | null, string]>> = {
      'no body': [null, 'bad-request'],
      'an empty one': ['', 'bad-request'],
      'cut JSON': [good.slice(0, -1), 'bad-request'],
      'two values': [`${good}${good}`, 'bad-request'],
      JavaScript: ['{a:1}', 'bad-request'],
      NaN: [`{"a":NaN}`, 'bad-request'],
      'no UTF-8': [
        Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
        'bad-request',
      ],
      'a surrogate in UTF-8': [
        Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
        'bad-request',
      ],
      'UTF-16': [Buffer.from(good, 'utf16le'), 'bad-request'],
      null: ['null', 'invalid'],
      'a list': ['[]', 'invalid'],
      'a text': ['"x"', 'invalid'],
      'a number': ['1', 'invalid'],
      'an unknown key': [JSON.stringify({ ...(example.body as object), nobody: 1 }), 'invalid'],
      'a key of every object': [`{"__proto__":{"a":1},${good.slice(1)}`, 'invalid'],
      '10,000 levels': [nested(10_000), 'invalid'],
      '100,000 levels': [nested(100_000), 'invalid'],
      '10 MB': [' '.repeat(10_000_000), 'too-large'],
      '10 MB in pieces': [endless(10_000_000), 'too-large'],
    };
    // Without Temporal no run's body is looked into; what can be said of every body is said all the same.
    const deaf = needsTemporal(route) ? ['a list', 'null', 'a text', 'a number', 'an unknown key'] : [];
    for (const [name, [body]] of Object.entries(cases)) said[name] = problemOf(await send(example, body));
    for (const name of deaf) if (said[name] === 'unavailable') said[name] = 'invalid';
    expect(said).toEqual(
      Object.fromEntries(Object.entries(cases).map(([name, [, problem]]) => [name, problem])),
    );
  });

  test('takes JSON in UTF-8 alone', async () => {
    const good = JSON.stringify(example.body);
    for (const type of [
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
    ]) {
      expect([type, problemOf(await send(example, good, { 'content-type': type }))]).toEqual([
        type,
        'unsupported-media-type',
      ]);
    }
  });

  test('names the place of what does not fit, and never says the value', async () => {
    for (const [pointer, body] of wrongTypes(example.body)) {
      const said = await send(example, JSON.stringify(body));
      if (said.status === 503 && needsTemporal(route)) continue;
      expect([pointer, problemOf(said)]).toEqual([pointer, 'invalid']);
      const pointers = said.body.errors.map((one: { pointer: string }) => one.pointer);
      expect(pointers.some((one: string) => pointer.startsWith(one) || one.startsWith(pointer))).toBe(true);
      expect(said.text).not.toContain('wrong-value');
    }
  });

  test.each([
    ['U+0000', '\0'],
    ['the first half of a pair', '\ud83d'],
    ['the second half of a pair', '\ude00'],
  ])('takes no text with %s', async (_what, character) => {
    for (const [pointer, body] of inEachText(example.body, character)) {
      const said = await send(example, JSON.stringify(body));
      if (needsTemporal(route) && said.status === 503) continue;
      expect([pointer, problemOf(said), said.body.errors.length > 0]).toEqual([pointer, 'invalid', true]);
    }
    const key = await send(example, JSON.stringify({ ...(example.body as object), [`a${character}`]: 1 }));
    if (!(needsTemporal(route) && key.status === 503)) expect(problemOf(key)).toBe('invalid');
  });
});

/** The body once for every place in it, with something of another type there. */
function* wrongTypes(value: unknown, pointer = ''): Generator<readonly [string, unknown]> {
  const wrong = typeof value === 'object' && value !== null ? 'wrong-value' : { wrong: ['wrong-value'] };
  if (pointer !== '') yield [pointer, wrong];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const [at, changed] of wrongTypes(part, `${pointer}/${key}`))
      yield [at, withPart(value, key, changed)];
}

/** The body once for every text in it, with a character in the middle of it. */
function* inEachText(value: unknown, character: string, pointer = ''): Generator<readonly [string, unknown]> {
  if (typeof value === 'string') yield [pointer, `${value.slice(0, 1)}${character}${value.slice(1)}`];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const [at, changed] of inEachText(part, character, `${pointer}/${key}`))
      yield [at, withPart(value, key, changed)];
}

function withPart(whole: object, key: string, part: unknown): unknown {
  if (Array.isArray(whole)) return whole.with(Number(key), part);
  return { ...whole, [key]: part };
}

describe.each(routes.map((route) => [nameOf(route), route] as const))('%s', (_name, route) => {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  const example = exampleOf(route, acme);
  const raw = (name: string, value: string): Example => ({
    ...example,
    path: route.path.replaceAll(/\{(\w+)\}/g, (_all, one: string) =>
      one === name ? value : encodeURIComponent(acme[one as keyof typeof acme]),
    ),
  });
  const sendExample = (one: Example) => send(one, one.body === undefined ? null : JSON.stringify(one.body));

  if (names.length > 0)
    test.each(names)('knows no {%s} with characters that no id can have', async (name) => {
      const said: unknown[] = [];
      // What is one character too long, what nobody sees, and what could be read as another path.
      const values = ['%00', 'a%00b', '%0A', '%7F', '%C2%85', 'x'.repeat(1_001), '%F0%9F'];
      if (name !== 'workflowId' && name !== 'subject') values.push('x'.repeat(129));
      for (const value of values) {
        const answer = await sendExample(raw(name, value));
        said.push([
          value.slice(0, 10),
          answer.status < 500 && answer.status >= 400,
          problemOf(answer) !== 'internal',
        ]);
      }
      expect(said).toEqual(values.map((value) => [value.slice(0, 10), true, true]));
    });

  test('takes each parameter of its query once, and none that it does not know', async () => {
    for (const query of [
      'nobody=1',
      'dry_run=true&dry_run=true',
      'limit=5&limit=5',
      '__proto__=1',
      'dry_run=yes',
    ]) {
      const said = await sendExample({ ...example, path: `${example.path}?${query}` });
      expect([query, problemOf(said)]).toEqual([query, 'invalid']);
      expect(said.body.errors[0].pointer).toMatch(/^\?/);
    }
  });

  const queryNames = Object.keys((route.query as { shape?: object } | undefined)?.shape ?? {});
  if (queryNames.length > 0)
    test.each(queryNames)('answers whatever its parameter %s says', async (name) => {
      const cursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');
      const values = [
        '',
        '-1',
        '0',
        '201',
        '1e99',
        'Infinity',
        '9'.repeat(400),
        '%00',
        '%F0%9F',
        'x'.repeat(3_000),
        '0000-01-01',
        '9999-12-31',
        '0000-01-01T00:00:00Z',
        '9999-12-31T23:59:60Z',
        cursor(['\0']),
        cursor(['\ud83d', '\ud83d']),
        cursor([]),
        cursor({}),
        cursor([1]),
        cursor(['abc']),
        cursor(['abc', 'abc']),
        cursor([['x']]),
        cursor(Array(100).fill('x')),
        'bnVsbA',
      ];
      const fine = ['none', 'invalid', 'bad-request', ...(needsTemporal(route) ? ['unavailable'] : [])];
      for (const value of values) {
        const said = await sendExample({ ...example, path: `${example.path}?${name}=${value}` });
        const problem = said.status < 400 ? 'none' : problemOf(said);
        expect([value, fine.includes(problem) ? 'fine' : problem]).toEqual([value, 'fine']);
      }
    });

  if (route.tagged === true && route.method !== 'get') {
    test('takes no If-Match that is none', async () => {
      const { body } = example;
      for (const [value, problem] of [
        ['1', 'bad-request'],
        ['"1', 'bad-request'],
        ['"1" "2"', 'bad-request'],
        ['W/"1"', 'stale'],
        ['"0"', 'stale'],
        [`"${'9'.repeat(5_000)}"`, 'stale'],
      ] as const) {
        const said = await send(example, body === undefined ? null : JSON.stringify(body), {
          'if-match': value,
        });
        expect([value.slice(0, 9), problemOf(said)]).toEqual([value.slice(0, 9), problem]);
      }
    });
  }
});

test('a byte order mark before the JSON says nothing', async () => {
  const [, example] = withBody.find(([name]) => name.startsWith('PUT') && name.endsWith('/default-model'))!;
  const path = `${example.path}?dry_run=true`;
  const said = await send({ ...example, path }, `\ufeff${JSON.stringify(example.body)}`);
  expect(said.status).toBe(200);
});
