import { generateKeyPair } from 'jose';
import { createApi } from '../../api/index.ts';
import { generateKeys, parseSealKeys } from '../../registry/index.ts';
import { startJwtIssuer, type JwtIssuer, type TokenParts } from './jwt-issuer.ts';
import { openApiWorld, orgAdmin, type ApiWorld, type Said } from './world.ts';

let issuer: JwtIssuer;
let world: ApiWorld;
const others: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  issuer = await startJwtIssuer();
  const { issuer: name, audience, jwksUrl } = issuer;
  world = await openApiWorld({
    oidc: { issuer: name, audience, jwksUrl },
    authenticate: (request) => {
      const session = request.headers.get('x-session');
      if (session === 'broken') throw new Error('the session store said: secret words');
      const grants = [{ org: 'acme', role: 'org-admin' as const, pipes: null }];
      return session === null ? null : { kind: 'host', id: session, grants };
    },
  });
  await bind('ana', { role: 'org-admin' });
});
afterAll(async () => {
  for (const one of others) await one.close();
  await world.close();
  await issuer.close();
});

const models = '/v1/orgs/acme/models';

async function bind(sub: string, body: object): Promise<void> {
  const subject = encodeURIComponent(`${issuer.issuer}#${sub}`);
  const said = await world.call('PUT', `/v1/orgs/acme/role-bindings/${subject}`, { body });
  expect(said.status).toBe(201);
}

async function statusOf(sub: string, parts?: TokenParts, path = models): Promise<number> {
  const token = await issuer.sign(sub, parts);
  return (await world.call('GET', path, { as: { token } })).status;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

test('an access token of the issuer is worth the roles that its subject was given', async () => {
  expect(await statusOf('ana')).toBe(200);
  expect(await statusOf('ana', {}, '/v1/orgs/globex/models')).toBe(404);
  await bind('vera', { role: 'viewer' });
  expect(await statusOf('vera', {}, '/v1/orgs/acme/role-bindings')).toBe(403);
  await bind('pia', { role: 'pipe-admin', pipes: ['p-1'] });
  const resolution = (pipe: string) => `/v1/orgs/acme/pipes/${pipe}/behaviors/b-1/resolution`;
  expect(await statusOf('pia', {}, resolution('p-1'))).toBe(200);
  expect(await statusOf('pia', {}, resolution('p-2'))).toBe(403);
});

test('a subject to whom nobody gave a role sees no organization', async () => {
  expect(await statusOf('nobody')).toBe(404);
  expect(await statusOf('nobody', {}, '/v1/orgs')).toBe(404);
});

test.each<[string, () => TokenParts]>([
  ['an ID token', () => ({ header: { typ: 'JWT' } })],
  ['a token without a type', () => ({ header: { typ: undefined } })],
  ['a token for another audience', () => ({ claims: { aud: 'https://other.example' } })],
  ['a token of another issuer', () => ({ claims: { iss: 'https://login.example/other' } })],
  ['a token without an issuer', () => ({ claims: { iss: undefined } })],
  ['an expired token', () => ({ claims: { exp: nowSeconds() - 60 } })],
  ['a token without an end', () => ({ claims: { exp: undefined } })],
  ['a token that says not when it was made', () => ({ claims: { iat: undefined } })],
  ['a token that is not good yet', () => ({ claims: { nbf: nowSeconds() + 600 } })],
  ['a token without a subject', () => ({ claims: { sub: undefined } })],
  ['a token with a subject that no binding can name', () => ({ claims: { sub: 'ana\u0000' } })],
])('%s is nobody', async (_what, parts) => {
  expect(await statusOf('ana', parts())).toBe(401);
});

test('a token signed with another key of the same name is nobody', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  expect(await statusOf('ana', { key: privateKey })).toBe(401);
});

test('a public key is no secret: a token signed with it as one is nobody', async () => {
  const key = new TextEncoder().encode(await issuer.publicPem());
  expect(await statusOf('ana', { key, header: { alg: 'HS256' } })).toBe(401);
});

test('a token without a signature is nobody', async () => {
  const [, payload = ''] = (await issuer.sign('ana')).split('.');
  for (const alg of ['none', 'None', 'ES256']) {
    const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
    const said = await world.call('GET', models, { as: { token: `${header}.${payload}.` } });
    expect([alg, said.status]).toEqual([alg, 401]);
  }
});

test('a token signed with a new key is known once the keys may be asked for again, and the old key is not', async () => {
  const old = await issuer.sign('ana');
  expect((await world.call('GET', models, { as: { token: old } })).status).toBe(200);
  await issuer.rotate();
  const asked = issuer.asked();
  // Invented keys must not make a flood for the issuer.
  expect(await Promise.all([1, 2, 3].map(() => statusOf('ana')))).toEqual([401, 401, 401]);
  expect(issuer.asked()).toBe(asked);
  await later(31_000, async () => {
    expect(await statusOf('ana')).toBe(200);
    expect((await world.call('GET', models, { as: { token: old } })).status).toBe(401);
  });
  expect(issuer.asked()).toBe(asked + 1);
});

test.each(['failing', 'silent'] as const)(
  'while an issuer is %s that was never asked, nobody is let in and nobody is called a stranger',
  async (how) => {
    const away = await startJwtIssuer();
    others.push(away);
    away.behave(how);
    const { issuer: name, audience, jwksUrl } = away;
    const api = createApi({
      databaseUrl: world.database.apiUrl,
      sealKeys: parseSealKeys(generateKeys('test').sealRing),
      oidc: { issuer: name, audience, jwksUrl },
    });
    others.push(api);
    const call = async (token: string): Promise<Response> =>
      api.fetch(new Request(`http://api.test${models}`, { headers: { authorization: `Bearer ${token}` } }));
    const said = await call(await away.sign('ana'));
    expect([said.status, said.headers.get('retry-after')]).toEqual([503, '5']);
    // Service tokens need no issuer.
    expect((await call(await world.tokenOf(orgAdmin))).status).toBe(200);
    away.behave('well');
    expect((await call(await away.sign('ana'))).status).toBe(200);
  },
);

test.each([
  ['http://login.example/keys', false],
  ['http://127.0.0.1.login.example/keys', false],
  ['ftp://127.0.0.1/keys', false],
  ['keys', false],
  ['https://login.example/keys', true],
  ['http://localhost:1/keys', true],
  ['http://[::1]:1/keys', true],
])('keys from %s: %s', async (jwksUrl, isTaken) => {
  const open = () =>
    createApi({
      databaseUrl: world.database.apiUrl,
      sealKeys: parseSealKeys(generateKeys('test').sealRing),
      oidc: { issuer: issuer.issuer, audience: issuer.audience, jwksUrl },
    });
  if (isTaken) await open().close();
  else expect(open).toThrow('oidc.jwksUrl must be an https URL');
});

test("the host's own sessions act with what the hook grants, and the audit names them", async () => {
  const ana = (method: string, path: string, body?: object): Promise<Said> =>
    world.call(method, path, { as: { token: '' }, body, headers: { 'x-session': 'ana' } });
  const made = await ana('PUT', '/v1/orgs/acme/role-bindings/i%23x', { role: 'viewer' });
  expect([made.status, made.body.createdBy]).toEqual([201, 'host:ana']);
  const { body } = await ana('GET', '/v1/orgs/acme/audit-events?actor=host:ana');
  expect(body.items).toMatchObject([{ action: 'role-binding.put', resource: 'role-bindings/i#x' }]);
  expect((await ana('GET', '/v1/orgs/globex/models')).status).toBe(404);
  expect((await ana('PUT', '/v1/orgs/acme', { name: 'Mine' })).status).toBe(403);
});

test('whom the hook does not know may still come with a token, and a hook that breaks tells nothing', async () => {
  expect((await world.call('GET', models)).status).toBe(200);
  expect((await world.call('GET', models, { as: { token: '' } })).status).toBe(401);
  const broken = await world.call('GET', models, { headers: { 'x-session': 'broken' } });
  expect([broken.status, broken.text.includes('secret words')]).toEqual([500, false]);
});

/** The same a while later, by the clock of this process. */
async function later(ms: number, work: () => Promise<void>): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + ms;
  try {
    await work();
  } finally {
    Date.now = now;
  }
}
