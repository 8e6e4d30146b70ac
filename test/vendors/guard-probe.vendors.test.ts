import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createGuard, type GuardOptions, type ProbingGuard } from '../../vendors/index.ts';
import { failureOf } from './calling.ts';

const guards: ProbingGuard[] = [];
const servers: Server[] = [];
const guardOf = (options: GuardOptions = {}): ProbingGuard => {
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'], ...options });
  guards.push(guard);
  return guard;
};
afterAll(async () => {
  await Promise.all(guards.map((guard) => guard.close()));
  for (const server of servers) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return (server.address() as AddressInfo).port;
}

test('a knock opens a socket and says nothing', async () => {
  let bytes = 0;
  const closed = new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      socket.on('data', (part) => (bytes += part.length));
      socket.on('close', () => resolve());
      socket.on('error', () => {});
      socket.resume();
    });
    void listen(server).then((port) => guardOf().knock(`http://127.0.0.1:${port}`));
  });
  await closed;
  expect(bytes).toBe(0);
});

test('a knock on a port that is closed, or that speaks no TLS, is unreachable', async () => {
  const plain = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect((await failureOf(guardOf().knock(`https://127.0.0.1:${plain}`))).type).toBe('model.unreachable');
  const server = createTlsServer();
  const port = await listen(server);
  await new Promise((closed) => server.close(closed));
  expect((await failureOf(guardOf().knock(`http://127.0.0.1:${port}`))).type).toBe('model.unreachable');
});

test.each([
  'https://169.254.169.254',
  'https://10.0.0.1',
  'https://[fd00:ec2::254]',
  'http://8.8.8.8',
  'https://[::ffff:169.254.169.254]',
])('%s is judged and knocked at as a call would be: not at all', async (origin) => {
  for (const refused of [guardOf().judge(origin), guardOf().knock(origin)]) {
    expect((await failureOf(refused)).type).toBe('model.misconfigured');
  }
});

test('a name is judged by all of its addresses, and one that has none leads nowhere', async () => {
  const lookup: NonNullable<GuardOptions['lookup']> = async (host) => {
    if (host === 'nowhere.example') throw Object.assign(new Error('planted'), { code: 'ENOTFOUND' });
    return ['93.184.216.34', ...(host === 'mixed.example' ? ['10.0.0.1'] : [])].map((address) => ({
      address,
      family: 4,
    }));
  };
  const guard = guardOf({ lookup });
  await guard.judge('https://good.example');
  expect((await failureOf(guard.judge('https://mixed.example'))).type).toBe('model.misconfigured');
  const nowhere = await failureOf(guard.judge('https://nowhere.example'));
  expect([nowhere.type, nowhere.message.includes('planted')]).toEqual(['model.unreachable', false]);
});
