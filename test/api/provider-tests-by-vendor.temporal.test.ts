import { createServer } from 'node:net';
import { serve, type Served } from '../support/served.ts';
import { failedOf, openTestDesk, statusesOf, type TestDesk } from './provider-test-desk.ts';

let served: Served;
let desk: TestDesk;
let closedOrigin: string;
beforeAll(async () => {
  served = await serve();
  await served.apply('version: 1\norganizations:\n  acme: { name: Acme }\n');
  desk = openTestDesk(served);
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  closedOrigin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  await new Promise((closed) => server.close(closed));
});
afterAll(async () => {
  await desk?.close();
  await served?.close();
});
afterEach(() => served.vendors.reset());

type Accounts = Awaited<ReturnType<Served['vendors']['accounts']>>;

/** One draft per vendor, at `address`, with a credential that its stand-in takes. */
const drafts: Readonly<Record<string, (address: string, accounts: Accounts) => object>> = {
  openai: (address) => ({
    settings: { baseUrl: `${address}/v1` },
    credential: { apiKey: 'k' },
    upstreamId: 'gpt-1',
  }),
  custom: (address) => ({
    settings: { baseUrl: `${address}/v1` },
    credential: { apiKey: 'k' },
    upstreamId: 'own-1',
  }),
  anthropic: (address) => ({
    settings: { baseUrl: address },
    credential: { apiKey: 'k' },
    upstreamId: 'claude-1',
  }),
  'azure-openai': (address) => ({
    settings: { endpoint: address },
    credential: { apiKey: 'k' },
    upstreamId: 'deployment-1',
  }),
  'google-vertex-ai': (address, { google }) => ({
    settings: { endpoint: address, project: google.project_id, location: 'global' },
    credential: { serviceAccount: google },
    upstreamId: 'gemini-1',
  }),
  'amazon-bedrock': (address, { aws }) => ({
    settings: { endpoint: address, region: 'us-east-1' },
    credential: aws,
    upstreamId: 'amazon.nova-lite-v1:0',
  }),
  'oracle-oci': (address, { oracle }) => ({
    settings: { endpoint: address, region: 'us-chicago-1', compartmentId: 'ocid1.compartment.oc1..a' },
    credential: oracle,
    upstreamId: 'meta.llama-3',
  }),
};

describe.each(Object.keys(drafts))('a draft of %s', (vendor) => {
  const testAt = async (address = served.vendors.endpoint(vendor), over: object = {}) => {
    const draft = drafts[vendor]?.(address, await served.vendors.accounts());
    return desk.testDraft({ vendor, ...draft, ...over });
  };

  test('passes every stage', async () => {
    const test = await testAt();
    expect([failedOf(test), test.status, test.supports]).toEqual([
      undefined,
      'passed',
      { structuredOutput: 'json_schema' },
    ]);
    expect(Object.values(statusesOf(test))).toEqual(Array.from({ length: 5 }, () => 'passed'));
  });

  test.each([
    ['a key that is refused', { kind: 'status', status: 401 }, 'auth', 'model.unauthorized'],
    [
      'a redirect',
      { kind: 'status', status: 301, headers: { location: 'https://example.com/' } },
      'tls',
      'model.misconfigured',
    ],
  ] as const)('fails with %s at its own stage', async (_what, fault, stage, failure) => {
    served.vendors.fault(vendor, fault);
    expect(failedOf(await testAt())).toMatchObject({ stage, failure, hint: expect.any(String) });
  });

  test('fails with a model that the vendor does not know where the vendor says so', async () => {
    served.vendors.fault(vendor, { kind: 'status', status: 404 });
    // Oracle says "not authorized or not found" of both.
    const [stage, failure] =
      vendor === 'oracle-oci' ? ['auth', 'model.forbidden'] : ['model', 'model.not-found'];
    expect(failedOf(await testAt())).toMatchObject({
      stage,
      failure,
      hint: expect.stringContaining('upstreamId'),
    });
  });

  // Anthropic's stand-in calls a tool that takes any object with an empty one: no model would.
  const mayRefuse = vendor === 'anthropic' ? test.skip : test;
  mayRefuse('finds the next mode where the server refuses a schema', async () => {
    served.vendors.fault(vendor, { kind: 'refuse-mode', modes: ['json_schema'] });
    const found = await testAt();
    expect([failedOf(found), found.supports]).toEqual([undefined, { structuredOutput: 'json_object' }]);
  });

  test('fails at a closed port, and at a blocked address like every other', async () => {
    const closed = await testAt(closedOrigin);
    expect(failedOf(closed)).toMatchObject({ stage: 'tls', failure: 'model.unreachable' });
    const blocked = await testAt('https://169.254.169.254');
    expect({ ...blocked, testId: '' }).toEqual({
      testId: '',
      provider: null,
      status: 'failed',
      stages: [
        {
          stage: 'address',
          status: 'failed',
          ms: null,
          failure: 'model.misconfigured',
          hint: expect.stringContaining('may not be reached'),
        },
        ...['tls', 'auth', 'model', 'structured-output'].map((stage) => ({
          stage,
          status: 'skipped',
          ms: null,
          failure: null,
          hint: null,
        })),
      ],
      supports: null,
      createdAt: null,
      finishedAt: null,
    });
  });
});
