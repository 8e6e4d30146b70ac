import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { ask } from '../support/database.ts';
import { textRun } from '../support/served.ts';
import { openApiWorld, type ApiWorld, type As } from './world.ts';

/** Takes connections and says nothing, as a frozen Temporal does. */
let silent: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const engine: As = { org: 'acme', role: 'engine' };
const operator: As = { org: 'acme', role: 'operator' };
const unknown = '/v1/orgs/acme/runs/byom%3Aacme%3Ab-1%3Aevt-unknown';

const questions: readonly (readonly [string, (world: ApiWorld) => ReturnType<ApiWorld['call']>])[] = [
  [
    'a start',
    (world) => world.call('POST', '/v1/orgs/acme/runs', { as: engine, body: { ...textRun('acme') } }),
  ],
  ['a look at a run that no worker has taken up', (world) => world.call('GET', unknown, { as: operator })],
  [
    'an abort',
    (world) => world.call('POST', `${unknown}/abort`, { as: operator, body: { reason: 'too slow' } }),
  ],
  ['a test of a provider', (world) => world.call('POST', '/v1/orgs/acme/providers/main/test')],
  ["the vendor's list", (world) => world.call('GET', '/v1/orgs/acme/providers/main/available-models')],
];

describe.each([
  ['away', () => '127.0.0.1:1'],
  ['silent', () => `127.0.0.1:${(silent.address() as AddressInfo).port}`],
])('while Temporal is %s', (_how, address) => {
  let world: ApiWorld;
  let connection: Connection;
  beforeAll(async () => {
    connection = Connection.lazy({ address: address() });
    world = await openApiWorld({ client: new Client({ connection }) });
    await ask(world.database.superuserUrl, "update byom.organizations set engine_queues = '{*}'");
  });
  afterAll(async () => {
    await world.close();
    await connection.close();
  });

  test('whoever needs it is told to come back', async () => {
    const said = await Promise.all(
      questions.map(async ([what, put]) => {
        const { status, body, headers } = await put(world);
        return [what, status, body.type, body.detail, headers.get('retry-after')];
      }),
    );
    const wanted = [503, 'urn:byom:problem:unavailable', 'Temporal does not answer. Try again.', '1'];
    expect(said).toEqual(questions.map(([what]) => [what, ...wanted]));
  });

  test('the list of runs is served all the same', async () => {
    expect((await world.call('GET', '/v1/orgs/acme/runs', { as: operator })).status).toBe(200);
  });
});
