import { generateKeyPairSync } from 'node:crypto';
import { createAssumeRole, type Guard } from '../../vendors/index.ts';
import { openBench, type Bench } from './calling.ts';
import { azureDialects } from './dialects/azure-openai.ts';
import type { Dialect, Meant } from './dialects/dialect.ts';
import { vertexDialects } from './dialects/google-vertex-ai.ts';
import { countSockets } from './suite/count-sockets.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const meant: Meant = { words: ['hello'], end: 'stop', usage: true };
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const json = { 'content-type': 'application/json' };
const token = { access_token: 'planted-token', token_type: 'Bearer', expires_in: 3600 };
const lent = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

/** Answers in place of the network, and writes down who was to be reached and whether that was declared. */
function answeringGuard(answer: string): { guard: Guard; asked: string[] } {
  const asked: string[] = [];
  const guard: Guard = {
    wellKnown: {
      googleToken: 'https://oauth2.googleapis.com/token',
      entraAuthority: 'https://login.microsoftonline.com',
      sts: null,
    },
    fetch: (hosts) => async (input) => {
      const { origin } = new URL(input instanceof Request ? input.url : input);
      asked.push(hosts.includes(origin) ? origin : `${origin}, undeclared`);
      if (origin.startsWith('https://sts.'))
        return new Response(lent, { headers: { 'content-type': 'text/xml' } });
      const isToken = /oauth2\.googleapis\.com$|login\.microsoftonline\.com$/.test(origin);
      return new Response(isToken ? JSON.stringify(token) : answer, { headers: json });
    },
    close: async () => {},
  };
  return { guard, asked };
}

async function socketsOpenedBy(work: () => Promise<unknown>): Promise<number> {
  const sockets = countSockets();
  try {
    await work();
    return sockets.opened();
  } finally {
    sockets.stop();
  }
}

const withTokens: readonly (readonly [string, Dialect, object, string])[] = [
  [
    'a service account of Google',
    vertexDialects.project,
    {
      serviceAccount: {
        type: 'service_account',
        client_email: 'byom@planted.iam.gserviceaccount.com',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      },
    },
    'https://oauth2.googleapis.com',
  ],
  [
    'a client of Entra',
    azureDialects.responses,
    { tenantId: 'planted.onmicrosoft.com', clientId: 'planted-client', clientSecret: 'planted-secret' },
    'https://login.microsoftonline.com',
  ],
];

describe('a call that needs a token first', () => {
  it.each(withTokens)(
    'with %s opens no socket past the guard',
    async (_what, dialect, credential, issuer) => {
      const { guard, asked } = answeringGuard(dialect.whole(meant));
      const opened = await socketsOpenedBy(() =>
        bench.call(dialect, { guard, credential, streaming: false }),
      );
      expect(opened).toBe(0);
      expect(asked).toEqual([issuer, bench.server.url]);
    },
  );

  it('nor does the request for a role of Amazon', async () => {
    const { guard, asked } = answeringGuard('');
    const assume = createAssumeRole({
      guard,
      region: 'eu-central-1',
      baseKeys: { accessKeyId: 'AKIABASE', secretAccessKey: 'planted' },
    });
    const ask = {
      org: 'acme',
      provider: 'p',
      audience: 'amazon-bedrock:amazonaws.com',
      roleArn: 'arn:aws:iam::123456789012:role/byom',
      externalId: 'x',
    };
    expect(await socketsOpenedBy(() => assume(ask))).toBe(0);
    expect(asked).toEqual(['https://sts.eu-central-1.amazonaws.com']);
  });

  it('the count would see one', async () => {
    const fresh = await openBench();
    fresh.server.play({ chunks: [vertexDialects.express.whole(meant)] });
    expect(await socketsOpenedBy(() => fresh.call(vertexDialects.express, { streaming: false }))).toBe(1);
    await fresh.close();
  });
});
