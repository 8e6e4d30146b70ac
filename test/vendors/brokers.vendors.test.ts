import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import {
  createAssumeRole,
  createGuard,
  createRoleBroker,
  createTokenFileBroker,
  type BrokerAsk,
  type Guard,
  type LentIdentity,
} from '../../vendors/index.ts';
import { failureOf } from './calling.ts';
import { plantEnvironment } from './planted-environment.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

let standIn: SandboxVendors;
let issuer: ScriptedServer;
let folder: string;
let tokenFile: string;
const guards: Guard[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  [standIn, issuer, folder] = await Promise.all([
    startSandboxVendors(),
    startScriptedServer(),
    mkdtemp(join(tmpdir(), 'byom-broker-')),
  ]);
  tokenFile = join(folder, 'token');
});
beforeEach(() => writeFile(tokenFile, 'projected.token.1\n'));
afterAll(async () => {
  await Promise.all([standIn.close(), issuer.close(), ...guards.map((guard) => guard.close())]);
  await rm(folder, { recursive: true });
});

function openGuard(wellKnown: { readonly sts?: string; readonly entraAuthority?: string }): Guard {
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown });
  guards.push(guard);
  return guard;
}

const bedrock: BrokerAsk = {
  org: 'acme',
  provider: 'legal',
  vendor: 'amazon-bedrock',
  audience: 'amazon-bedrock:amazonaws.com',
  identity: { workload: true },
  externalId: 'external-acme',
};
const endpoint = 'https://acme.openai.azure.com';
const azure: BrokerAsk = {
  ...bedrock,
  vendor: 'azure-openai',
  audience: `azure-openai:${endpoint}:443`,
};

describe('the broker of roles', () => {
  const openBroker = async (organizations: readonly string[] | '*') => {
    const { aws } = await standIn.accounts();
    const guard = openGuard({ sts: standIn.wellKnown.sts });
    return createRoleBroker({
      assumeRole: createAssumeRole({ guard, region: 'eu-central-1', baseKeys: aws }),
      organizations,
    });
  };
  const asking = (org: string): BrokerAsk => ({
    ...bedrock,
    org,
    externalId: `external-${org}`,
    identity: { roleArn: 'arn:aws:iam::123456789012:role/trusts-external-acme' },
  });

  it('lends an organization its own role', async () => {
    const broker = await openBroker(['acme']);
    expect(await broker(asking('acme'), signal)).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
    });
  });

  it("lends nobody another organization's role, also right after its owner was lent it", async () => {
    const broker = await openBroker('*');
    await broker(asking('acme'), signal);
    expect(await failureOf(broker(asking('rival'), signal))).toMatchObject({
      type: 'model.forbidden',
      hints: { sent: 'no' },
    });
  });

  it('lends the same keys until they are refused, and others after that', async () => {
    const broker = await openBroker(['acme']);
    const keys = await broker(asking('acme'), signal);
    broker.forget?.(asking('acme'), { ...(keys as object) });
    expect(await broker(asking('acme'), signal)).toBe(keys);
    broker.forget?.(asking('acme'), keys);
    expect(await broker(asking('acme'), signal)).not.toBe(keys);
  });

  it.each([
    ['an organization that is not listed', { org: 'rival' }],
    ['an identity that is no role', { identity: { workload: true } }],
    ['another vendor', { vendor: 'azure-openai' }],
  ])('lends nothing to %s', async (_name, over) => {
    const broker = await openBroker(['acme']);
    const failure = await failureOf(broker({ ...asking('acme'), ...over }, signal));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
  });
});

const lent = (lifeMs = 900_000): string =>
  `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + lifeMs).toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const xml = { 'content-type': 'text/xml' };
const json = { 'content-type': 'application/json' };
const token = (lifeS = 3_599): string => JSON.stringify({ access_token: 'lent-token', expires_in: lifeS });
const identity: LentIdentity = {
  aws: { region: 'eu-central-1', roleArn: 'arn:aws:iam::123456789012:role/host' },
  entra: { tenantId: 'host.example', clientId: 'application', endpoints: [endpoint] },
};
const fileBroker = (organizations: Readonly<Record<string, LentIdentity>> = { acme: identity }) =>
  createTokenFileBroker({
    guard: openGuard({ sts: issuer.url, entraAuthority: issuer.url }),
    tokenFile,
    organizations,
  });

describe('the broker of a token file', () => {
  it("exchanges the token for keys of the operator's role", async () => {
    issuer.play({ headers: xml, chunks: [lent()] });
    expect(await fileBroker()(bedrock, signal)).toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 's',
      sessionToken: 't',
    });
    const [request] = issuer.requests;
    expect(request?.body).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::123456789012:role/host',
      RoleSessionName: 'byom-acme-legal',
      WebIdentityToken: 'projected.token.1',
      DurationSeconds: '900',
    });
    expect(request?.headers['authorization']).toBeUndefined();
  });

  it("exchanges the token for one of the operator's application", async () => {
    issuer.play({ headers: json, chunks: [token()] });
    expect(await fileBroker()(azure, signal)).toEqual({ accessToken: 'lent-token' });
    const [request] = issuer.requests;
    expect(request?.path).toBe('/host.example/oauth2/v2.0/token');
    expect(request?.body).toEqual({
      grant_type: 'client_credentials',
      client_id: 'application',
      scope: 'https://ai.azure.com/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'projected.token.1',
    });
  });

  it('exchanges once for as long as the answer is good, and reads the file anew after that', async () => {
    const broker = fileBroker();
    issuer.play({ headers: xml, chunks: [lent()] });
    await Promise.all([broker(bedrock, signal), broker(bedrock, signal)]);
    expect(issuer.requests).toHaveLength(1);
    const another = fileBroker();
    issuer.play({ headers: xml, chunks: [lent(-1)] });
    await another(bedrock, signal);
    await writeFile(tokenFile, 'projected.token.2');
    await another(bedrock, signal);
    expect(issuer.requests.map(({ body }) => body['WebIdentityToken'])).toEqual([
      'projected.token.1',
      'projected.token.2',
    ]);
  });

  it.each<[string, BrokerAsk, object]>([
    ['keys', bedrock, { headers: xml, chunks: [lent()] }],
    ['a token', azure, { headers: json, chunks: [token()] }],
  ])('exchanges again once %s were refused', async (_name, ask, script) => {
    const broker = fileBroker();
    issuer.play(script);
    const refused = await broker(ask, signal);
    broker.forget?.(ask, { ...(refused as object) });
    await broker(ask, signal);
    expect(issuer.requests).toHaveLength(1);
    broker.forget?.(ask, refused);
    await broker(ask, signal);
    expect(issuer.requests).toHaveLength(2);
  });

  it.each<[string, Partial<BrokerAsk>]>([
    ['to another organization', { org: 'rival' }],
    ['to an organization with the name of a property', { org: 'constructor' }],
    ['for a role that a tenant names', { identity: { roleArn: 'arn:aws:iam::123456789012:role/host' } }],
    ['for Bedrock at an address that a tenant typed', { audience: 'amazon-bedrock:https://evil.example' }],
    ['for another vendor', { vendor: 'google-vertex-ai' }],
    [
      'for Azure at another resource',
      { ...azure, audience: 'azure-openai:https://evil.openai.azure.com:443' },
    ],
  ])('lends nothing %s', async (_name, over) => {
    issuer.play({ headers: xml, chunks: [lent()] });
    const failure = await failureOf(fileBroker()({ ...bedrock, ...over }, signal));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
    expect(issuer.requests).toHaveLength(0);
  });

  it.each<[string, BrokerAsk, object, string]>([
    ['AccessDenied', bedrock, { status: 403, chunks: ['<Code>AccessDenied</Code>'] }, 'model.forbidden'],
    [
      'InvalidIdentityToken',
      bedrock,
      { status: 400, chunks: ['<Code>InvalidIdentityToken</Code>'] },
      'model.misconfigured',
    ],
    [
      'ExpiredTokenException',
      bedrock,
      { status: 400, chunks: ['<Code>ExpiredTokenException</Code>'] },
      'model.misconfigured',
    ],
    [
      'IDPCommunicationError',
      bedrock,
      { status: 400, chunks: ['<Code>IDPCommunicationError</Code>'] },
      'model.overloaded',
    ],
    ['invalid_client', azure, { status: 401, chunks: ['{"error":"invalid_client"}'] }, 'model.misconfigured'],
    ['a failing service', azure, { status: 500 }, 'model.server-error'],
    ['a broken connection', azure, { ending: 'drop' }, 'model.unreachable'],
  ])('%s is a failure before anything was sent', async (_name, ask, script, type) => {
    issuer.play({ headers: ask === azure ? json : xml, ...script });
    const failure = await failureOf(fileBroker()(ask, signal));
    expect([failure.type, failure.hints.sent]).toEqual([type, 'no']);
    expect(failure.message + JSON.stringify(failure)).not.toMatch(/projected|123456789012/);
  });

  it.each([
    ['is empty', ''],
    ['holds more than a token', 'one two'],
  ])('says so where the file %s', async (_name, text) => {
    await writeFile(tokenFile, text);
    const failure = await failureOf(fileBroker()(azure, signal));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
    expect(failure.message).toContain('token file');
  });

  it('asks in the same way whatever the environment of the worker says', async () => {
    const planted = await plantEnvironment();
    try {
      issuer.play({ headers: xml, chunks: [lent()] });
      await fileBroker()(bedrock, signal);
      expect(JSON.stringify(issuer.requests)).not.toContain(planted.mark);
      expect(planted.visitors()).toBe(0);
    } finally {
      await planted.remove();
    }
  });
});
