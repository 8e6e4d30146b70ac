import { gzipSync } from 'node:zlib';
import { toFailure } from '../../vendors/errors/to-failure.ts';
import { createGuard, type Guard, type GuardOptions } from '../../vendors/index.ts';
import { failureOf } from './calling.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const guards: Guard[] = [];
const guardOf = (options: GuardOptions = {}): Guard => {
  const guard = createGuard(options);
  guards.push(guard);
  return guard;
};
afterEach(async () => {
  await Promise.all(guards.splice(0).map((guard) => guard.close()));
});

const loopback = { allowedRanges: ['127.0.0.0/8'] };
const everything = { allowedRanges: ['0.0.0.0/0', '::/0'] };
const reach = (guard: Guard, url: string): Promise<Response> => guard.fetch([url])(url);

describe('the guard', () => {
  it.each([
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '0.0.0.0',
    '10.0.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '[fd00::1]',
    '[fe80::1]',
  ])('refuses https to %s', async (host) => {
    server.play({});
    const failure = await failureOf(reach(guardOf(), `https://${host}:${server.port}/`));
    expect(failure.type).toBe('model.misconfigured');
    expect(failure.hints).toEqual({ retry: false, sent: 'no' });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    '169.254.169.254',
    '[::ffff:169.254.169.254]',
    '[::169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '168.63.129.16',
    '192.0.0.192',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '[fe80::1]',
    '0.0.0.0',
    '[::]',
    '224.0.0.1',
    '[ff02::1]',
  ])('refuses %s although the operator allows every address', async (host) => {
    const failure = await failureOf(reach(guardOf(everything), `http://${host}:${server.port}/`));
    expect(failure.type).toBe('model.misconfigured');
    expect(failure.hints).toEqual({ retry: false, sent: 'no' });
  });

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])(
    'lets http pass to %s in an allowed range',
    async (host) => {
      server.play({ chunks: ['"hello"'] });
      const guard = guardOf({ allowedRanges: ['127.0.0.0/8', '::1/128'] });
      expect(await (await reach(guard, `http://${host}:${server.port}/`)).json()).toBe('hello');
    },
  );

  it('refuses http outside the allowed ranges, also to a public address', async () => {
    expect((await failureOf(reach(guardOf(loopback), 'http://1.1.1.1/'))).type).toBe('model.misconfigured');
  });

  it('refuses a host that the provider does not name, without looking it up', async () => {
    const fetch = guardOf(loopback).fetch([server.url]);
    const failure = await failureOf(fetch('https://no-such-host.invalid/'));
    // A look-up would have ended as model.unreachable.
    expect(failure.type).toBe('model.misconfigured');
    expect((await failureOf(fetch(`https://127.0.0.1:${server.port}/`))).type).toBe('model.misconfigured');
  });

  it('never reaches a denied endpoint, under whatever name', async () => {
    for (const denied of [`127.0.0.1:${server.port}`, `localhost:${server.port}`]) {
      const guard = guardOf({ ...loopback, deniedEndpoints: [denied] });
      for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) {
        server.play({});
        expect((await failureOf(reach(guard, `http://${host}:${server.port}/`))).type).toBe(
          'model.misconfigured',
        );
        expect(server.requests).toHaveLength(0);
      }
    }
    const other = guardOf({ ...loopback, deniedEndpoints: ['127.0.0.1:1'] });
    expect((await reach(other, `${server.url}/`)).status).toBe(200);
  });

  it('follows no redirect, whatever the caller asks for', async () => {
    server.play({ status: 307, headers: { location: '/elsewhere' } });
    const call = guardOf(loopback).fetch([server.url])(server.url, { redirect: 'follow' });
    expect((await failureOf(call)).type).toBe('model.misconfigured');
    expect(server.requests).toHaveLength(1);
  });

  it('caps the size of an answer', async () => {
    const guard = guardOf({ ...loopback, maxBytes: 1_000 });
    server.play({ chunks: ['x'.repeat(1_000)] });
    expect(await (await reach(guard, server.url)).text()).toHaveLength(1_000);
    server.play({ chunks: ['x'.repeat(1_001)] });
    const broken: unknown = await (await reach(guard, server.url)).text().catch((thrown: unknown) => thrown);
    expect(toFailure(broken).type).toBe('model.invalid-answer');
  });

  it('counts the size after decompression', async () => {
    const guard = guardOf({ ...loopback, maxBytes: 10_000 });
    const bomb = gzipSync('x'.repeat(1_000_000));
    expect(bomb.byteLength).toBeLessThan(10_000);
    server.play({ headers: { 'content-encoding': 'gzip' }, chunks: [bomb] });
    expect((await failureOf((await reach(guard, server.url)).text())).type).toBe('model.invalid-answer');
  });

  it('does not start with a range or an endpoint that nobody can read', () => {
    expect(() => createGuard({ allowedRanges: ['10.0.0.0'] })).toThrow('"10.0.0.0" is no address range');
    expect(() => createGuard({ deniedEndpoints: ['localhost'] })).toThrow('"localhost" is no endpoint');
  });
});
