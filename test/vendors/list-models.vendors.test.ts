import { generateKeyPairSync } from 'node:crypto';
import { vendors, type AnyVendor, type ListedModel } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { openOciKey } from '../../vendors/tokens/oci-key.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const signingKey = {
  tenancyId: 'ocid1.tenancy.oc1..a',
  userId: 'ocid1.user.oc1..b',
  fingerprint: openOciKey({ privateKey })?.fingerprint,
  privateKey,
};
const awsKeys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

function list(vendor: AnyVendor, settings: object, credential: unknown): Promise<readonly ListedModel[]> {
  if (vendor.listModels === undefined) throw new Error('This vendor has no list.');
  const limits = { firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 };
  const control = { signal: new AbortController().signal, limits, guard: bench.guard, onProgress: () => {} };
  return vendor.listModels({ settings, credential }, control);
}

const play = (...answers: readonly object[]): void => {
  const [answer] = answers;
  bench.server.play({ chunks: [JSON.stringify(answer)] });
};

interface Case {
  readonly vendor: AnyVendor;
  readonly settings: object;
  readonly credential: unknown;
  readonly path: string;
  readonly answer: object;
  readonly authorization: RegExp;
  readonly models: readonly ListedModel[];
}

const openaiList = { object: 'list', data: [{ id: 'gpt-1' }, { id: 'gpt-2', name: 'GPT Two' }] };
const openaiModels = [{ upstreamId: 'gpt-1' }, { upstreamId: 'gpt-2', name: 'GPT Two' }];

const cases = (url: string): Readonly<Record<string, Case>> => ({
  openai: {
    vendor: vendors.openai,
    settings: { baseUrl: `${url}/v1` },
    credential: { apiKey: 'k-1' },
    path: '/v1/models',
    answer: openaiList,
    authorization: /^Bearer k-1$/,
    models: openaiModels,
  },
  custom: {
    vendor: vendors.custom,
    settings: { baseUrl: `${url}/api/v1`, headers: { 'x-team': 'a' } },
    credential: { apiKey: 'k-2' },
    path: '/api/v1/models',
    answer: openaiList,
    authorization: /^Bearer k-2$/,
    models: openaiModels,
  },
  'amazon-bedrock': {
    vendor: vendors['amazon-bedrock'],
    settings: { region: 'us-east-1', endpoint: `${url}/vpc` },
    credential: awsKeys,
    path: '/vpc/foundation-models?byInferenceType=ON_DEMAND&byOutputModality=TEXT',
    answer: {
      modelSummaries: [{ modelId: 'amazon.nova-lite-v1:0', modelName: 'Nova Lite' }],
      inferenceProfileSummaries: [{ inferenceProfileId: 'us.amazon.nova', inferenceProfileName: 'US Nova' }],
    },
    authorization: /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request, /,
    models: [
      { upstreamId: 'us.amazon.nova', name: 'US Nova' },
      { upstreamId: 'amazon.nova-lite-v1:0', name: 'Nova Lite' },
    ],
  },
  'oracle-oci': {
    vendor: vendors['oracle-oci'],
    settings: { region: 'us-chicago-1', compartmentId: 'ocid1.compartment.oc1..c', endpoint: url },
    credential: signingKey,
    path: '/20231130/models?compartmentId=ocid1.compartment.oc1..c&capability=CHAT&lifecycleState=ACTIVE&limit=1000',
    answer: {
      items: [
        { id: 'ocid1.generativeaimodel.oc1..m', displayName: 'cohere.command-a-03-2025' },
        { id: 'ocid1.generativeaimodel.oc1..n', displayName: 'Our own, tuned' },
      ],
    },
    authorization: /^Signature .*keyId="ocid1\.tenancy\.oc1\.\.a\/ocid1\.user/,
    models: [
      { upstreamId: 'cohere.command-a-03-2025' },
      { upstreamId: 'ocid1.generativeaimodel.oc1..n', name: 'Our own, tuned' },
    ],
  },
});

describe.each(['openai', 'custom', 'amazon-bedrock', 'oracle-oci'])('the list of %s', (name) => {
  const one = (): Case => cases(bench.server.url)[name] as Case;
  const read = (): Promise<readonly ListedModel[]> => list(one().vendor, one().settings, one().credential);

  test('is asked for where the vendor keeps it, with the credential of a call', async () => {
    play(one().answer);
    expect(await read()).toEqual(one().models);
    const [request] = bench.server.requests;
    expect(request?.path).toBe(one().path);
    expect(request?.headers['authorization']).toMatch(one().authorization);
    expect(request?.headers['user-agent']).toBe('pipe-byom');
  });

  test('that is refused is a failure in our words', async () => {
    for (const [status, type] of [
      [401, 'model.unauthorized'],
      [403, 'model.forbidden'],
      [503, 'model.overloaded'],
    ] as const) {
      bench.server.play({
        status,
        chunks: ['{"message":"planted words","error":{"message":"planted words"}}'],
      });
      const failure = await failureOf(read());
      expect([failure.type, failure.message.includes('planted')]).toEqual([type, false]);
    }
    bench.server.play({ status: 302, headers: { location: 'https://example.com/' } });
    expect((await failureOf(read())).type).toBe('model.misconfigured');
  });

  test('that is none is an invalid answer', async () => {
    for (const body of ['<html>', '[]', '']) {
      bench.server.play({ chunks: [body] });
      expect((await failureOf(read())).type).toBe('model.invalid-answer');
    }
  });

  test('holds a thousand entries at most, each id once, and none that cannot be shown', async () => {
    const ids = [
      'twice',
      'twice',
      'with\u0000zero',
      ' ',
      'x'.repeat(256),
      ...Array.from({ length: 1_500 }, (_, n) => `m-${n}`),
    ];
    const entries = ids.map((id) => ({ id, modelId: id, displayName: '' }));
    play({
      data: [null, 7, ...entries],
      modelSummaries: [null, 7, ...entries],
      items: [null, 7, ...entries],
    });
    const found = await read();
    expect(found).toHaveLength(1_000);
    expect(found.slice(0, 3)).toEqual([
      { upstreamId: 'twice' },
      { upstreamId: 'm-0' },
      { upstreamId: 'm-1' },
    ]);
  });

  test('needs the credential where a call does', async () => {
    play(one().answer);
    const asked = list(one().vendor, one().settings, null);
    if (one().vendor.needsCredential) expect((await failureOf(asked)).type).toBe('model.misconfigured');
    else expect(await asked).toEqual(one().models);
  });
});

test('vendors without a list say so by having none', () => {
  const listing = Object.entries(vendors).filter(
    ([, vendor]) => (vendor as AnyVendor).listModels !== undefined,
  );
  expect(listing.map(([name]) => name)).toEqual(['openai', 'custom', 'amazon-bedrock', 'oracle-oci']);
});

test('inference profiles that may not be listed are left out', async () => {
  const { vendor, settings, credential } = cases(bench.server.url)['amazon-bedrock'] as Case;
  const guard = bench.guard;
  const seen: string[] = [];
  const half = {
    ...guard,
    fetch: (hosts: readonly string[]): typeof globalThis.fetch => {
      const reach = guard.fetch(hosts);
      return async (input, init) => {
        seen.push(new URL(String(input)).pathname);
        const denied = seen.at(-1)?.endsWith('inference-profiles') === true;
        bench.server.play(
          denied
            ? { status: 403, chunks: ['{"__type":"AccessDeniedException"}'] }
            : { chunks: ['{"modelSummaries":[{"modelId":"m-1"}]}'] },
        );
        return reach(input, init);
      };
    },
  };
  const limits = { firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 };
  const control = { signal: new AbortController().signal, limits, guard: half, onProgress: () => {} };
  const found = await (vendor as Required<AnyVendor>).listModels({ settings, credential }, control);
  expect([found, seen]).toEqual([
    [{ upstreamId: 'm-1' }],
    ['/vpc/foundation-models', '/vpc/inference-profiles'],
  ]);
});

test('an API key of Oracle reads the list in the format of OpenAI, and no other', async () => {
  const { vendor, settings } = cases(bench.server.url)['oracle-oci'] as Case;
  play(openaiList);
  expect(await list(vendor, { ...settings, api: 'openai' }, { apiKey: 'k-3' })).toEqual(openaiModels);
  expect(bench.server.requests[0]).toMatchObject({
    path: '/openai/v1/models',
    headers: { authorization: 'Bearer k-3', 'opc-compartment-id': 'ocid1.compartment.oc1..c' },
  });
  expect((await failureOf(list(vendor, settings, { apiKey: 'k-3' }))).type).toBe('model.misconfigured');
});

test('lists that are kept at a host of their own are asked for there, and calls still reach no other host', async () => {
  const asked: string[] = [];
  const guard = {
    ...bench.guard,
    fetch: (hosts: readonly string[]): typeof globalThis.fetch => {
      asked.push(...hosts);
      return async () => Response.json({});
    },
  };
  const limits = { firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 };
  const control = { signal: new AbortController().signal, limits, guard, onProgress: () => {} };
  const bedrock = vendors['amazon-bedrock'] as Required<AnyVendor>;
  await bedrock.listModels({ settings: { region: 'eu-west-1' }, credential: awsKeys }, control);
  const oci = vendors['oracle-oci'] as Required<AnyVendor>;
  const settings = { region: 'us-chicago-1', compartmentId: 'ocid1.compartment.oc1..c' };
  await oci.listModels({ settings, credential: signingKey }, control);
  expect(asked).toEqual([
    'https://bedrock.eu-west-1.amazonaws.com',
    'https://generativeai.us-chicago-1.oci.oraclecloud.com',
  ]);
});
