import { http } from './bad-answers/bad-answer.ts';
import { startRawServer, type RawServer } from './bad-answers/raw-server.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { dialects } from './dialects/all.ts';
import type { Dialect, Meant } from './dialects/dialect.ts';
import { startListeners, type Listeners } from './guard-listeners.ts';

let bench: Bench;
let server: RawServer;
let listeners: Listeners;
beforeAll(async () => {
  [bench, server, listeners] = await Promise.all([openBench(), startRawServer(), startListeners()]);
});
afterAll(() => Promise.all([bench.close(), server.close(), listeners.close()]));

const meant: Meant = { words: ['mine'], end: 'stop', usage: true };
const call = (dialect: Dialect) =>
  bench.call(dialect, { settings: dialect.settings(server.url), streaming: false });
const [someDialect] = dialects as readonly [Dialect];

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))('%s', (_name, dialect) => {
  it.each([300, 301, 302, 303, 304, 305, 307, 308])('is led nowhere by a %i', async (status) => {
    for (const location of [`http://127.0.0.1:${listeners.port}/`, `//[::1]:${listeners.port}/v1`, '/']) {
      server.play(http({ status, headers: { location }, chunks: ['planted'] }));
      const { type, hints } = await failureOf(call(dialect));
      expect([type, hints.httpStatus]).toEqual([
        [300, 304, 305].includes(status) ? 'model.unknown' : 'model.misconfigured',
        status,
      ]);
      expect(server.requests()).toBe(1);
    }
    expect(listeners.visits()).toBe(0);
  });
});

it('nothing else in an answer makes us visit an address', async () => {
  const there = `http://127.0.0.1:${listeners.port}/`;
  const leading = {
    location: there,
    'content-location': there,
    refresh: `0; url=${there}`,
    link: `<${there}>; rel=preconnect`,
    'alt-svc': `h2="127.0.0.1:${listeners.port}"`,
    'content-type': 'application/json',
  };
  for (const status of [200, 201, 203]) {
    server.play(http({ status, headers: leading, chunks: [someDialect.whole(meant)] }));
    expect(await call(someDialect)).toMatchObject({ text: 'mine' });
  }
  server.play(http({ chunks: [`<meta http-equiv="refresh" content="0; url=${there}">`] }));
  expect((await failureOf(call(someDialect))).type).toBe('model.invalid-answer');
  expect(listeners.visits()).toBe(0);
});

it('an answer that nobody asked for is not taken for the answer to the next call', async () => {
  const answer = (word: string) => someDialect.whole({ ...meant, words: [word] });
  const kept = (body: string) =>
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  for (const planted of [
    kept(answer('planted')),
    'planted',
    `HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n`,
  ]) {
    server.play({ bytes: [kept(answer('mine')) + planted], ending: 'open' });
    expect(await call(someDialect)).toMatchObject({ text: 'mine' });
    server.play({ bytes: [kept(answer('next'))], ending: 'open' });
    expect(await call(someDialect)).toMatchObject({ text: 'next' });
  }
});
