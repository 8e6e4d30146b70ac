import { z } from 'zod';
import { vendors } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { vertexDialects } from './dialects/google-vertex-ai.ts';

const vertex = vendors['google-vertex-ai'];
const { project, express } = vertexDialects;
const file = {
  type: 'service_account',
  project_id: 'acme',
  private_key_id: 'k1',
  private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  client_email: 'byom@acme.iam.gserviceaccount.com',
};

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('the place of a provider of Vertex', () => {
  const wellKnown = { googleToken: 'https://t.example/token', entraAuthority: '', sts: null };

  it.each([
    [{ project: 'p', location: 'global' }, 'https://aiplatform.googleapis.com'],
    [{ project: 'p', location: 'europe-west4' }, 'https://europe-west4-aiplatform.googleapis.com'],
    [{ project: 'p', location: 'us' }, 'https://aiplatform.us.rep.googleapis.com'],
    [{ project: 'p', location: 'eu' }, 'https://aiplatform.eu.rep.googleapis.com'],
    [{}, 'https://aiplatform.googleapis.com'],
    [{ endpoint: 'https://vertex.acme.example/a' }, 'https://vertex.acme.example'],
  ])('%j is reached at %s, and its tokens where the operator says', (settings, origin) => {
    expect(vertex.hosts(settings, wellKnown)).toEqual([origin, 'https://t.example']);
  });

  it('binds the credential to Google, or to the address that was typed', () => {
    expect(vertex.audience({ project: 'p', location: 'us' })).toBe('google-vertex-ai:googleapis.com');
    expect(vertex.audience({ endpoint: 'https://vertex.acme.example/a' })).toBe(
      'google-vertex-ai:https://vertex.acme.example:443/a',
    );
  });

  it.each([
    ['a location that is a host', { project: 'p', location: 'evil.example/' }, 'location'],
    ['a location in capitals', { project: 'p', location: 'US-central1' }, 'location'],
    ['a project with a path in it', { project: 'p/../q', location: 'us' }, 'project'],
    ['a project alone', { project: 'p' }, ''],
    ['a location alone', { location: 'us' }, ''],
    ['an endpoint with a query', { endpoint: 'https://a.example/?x=1' }, 'endpoint'],
    ['an unknown key', { region: 'us' }, ''],
  ])('may not be %s', (_what, settings, path) => {
    const { error } = vertex.settings.safeParse(settings);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('may be a project of a domain, or the number of one', () => {
    for (const one of ['acme.example:pipes', '123456789012']) {
      expect(vertex.settings.safeParse({ project: one, location: 'us' }).success).toBe(true);
    }
  });

  it('has to be named for a credential that is no API key', async () => {
    for (const credential of [{ accessToken: 'ya29.x' }, { serviceAccount: file }]) {
      bench.server.play({});
      const failure = await failureOf(bench.call(express, { credential }));
      expect(failure.type).toBe('model.misconfigured');
      expect(failure.message).toContain('settings.project');
      expect(bench.server.requests).toHaveLength(0);
    }
  });
});

describe('the credential of Vertex', () => {
  const downloaded = {
    ...file,
    client_id: '1',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://evil.example/token',
    universe_domain: 'googleapis.com',
  };
  const issuesOf = (given: unknown) =>
    vertex.credential
      .safeParse(given)
      .error?.issues.map(({ path, message }) => [path.join('.'), message] as const) ?? [];

  it('may be a key file as it was downloaded, or its text, and keeps none of its addresses', () => {
    for (const serviceAccount of [downloaded, JSON.stringify(downloaded)]) {
      const { data } = vertex.credential.safeParse({ serviceAccount });
      expect(data).toEqual({ serviceAccount: { ...file, universe_domain: 'googleapis.com' } });
    }
  });

  it.each([
    [
      'a file of another type, which may name files of the worker to read',
      { serviceAccount: { ...file, type: 'external_account', credential_source: { file: '/etc/passwd' } } },
      'serviceAccount.type',
      'must be service_account: no other type of file is accepted',
    ],
    [
      'a file of another universe',
      { serviceAccount: { ...file, universe_domain: 'evil.example' } },
      'serviceAccount.universe_domain',
      'must be googleapis.com: no other universe is supported',
    ],
    [
      'a file without a key in PEM',
      { serviceAccount: { ...file, private_key: 'AAAA' } },
      'serviceAccount.private_key',
      'must be an RSA key in PEM, as it was downloaded',
    ],
    [
      'both',
      { serviceAccount: file, apiKey: 'k' },
      '',
      'must hold one of serviceAccount, apiKey and workload',
    ],
    ['nothing', {}, '', 'must hold one of serviceAccount, apiKey and workload'],
  ])('may not be %s', (_what, given, path, message) => {
    expect(issuesOf(given)).toEqual([[path, message]]);
  });

  it('says of a true file of another type what is wrong with it, at save and at call time', async () => {
    const serviceAccount = {
      type: 'external_account',
      audience: '//iam.googleapis.com/x',
      token_url: bench.server.url,
      credential_source: { file: '/etc/passwd' },
    };
    expect(issuesOf({ serviceAccount })).toEqual([
      ['', 'serviceAccount.type: must be service_account: no other type of file is accepted'],
    ]);
    bench.server.play({});
    const failure = await failureOf(bench.call(project, { credential: { serviceAccount } }));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
    expect(failure.message).toContain('credential.serviceAccount.type');
    expect(bench.server.requests).toHaveLength(0);
  });

  it.each([
    ['text that is no JSON', { serviceAccount: 'AAAA' }],
    ['an access token, which only the operator lends', { accessToken: 'ya29.x' }],
    ['a workload that is not', { workload: false }],
    ['a key with a line break', { apiKey: 'k\n' }],
  ])('may not be %s', (_what, given) => {
    expect(vertex.credential.safeParse(given).success).toBe(false);
  });

  it('can be shown as a JSON Schema', () => {
    const shown = JSON.stringify(z.toJSONSchema(vertex.credential));
    expect(shown).toContain('private_key');
    expect(shown).toContain('workload');
  });

  it('may be an identity of the operator, which without a broker calls nobody', async () => {
    expect(vertex.isIdentity({ workload: true })).toBe(true);
    bench.server.play({});
    const failure = await failureOf(bench.call(project, { credential: { workload: true } }));
    expect(failure.message).toContain('no broker');
    expect(bench.server.requests).toHaveLength(0);
  });
});
