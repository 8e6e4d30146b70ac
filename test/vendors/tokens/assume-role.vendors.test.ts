import { startSandboxVendors, type SandboxVendors } from '../../../testing/index.ts';
import { createAssumeRole, createGuard, type Guard, type RoleAsk } from '../../../vendors/index.ts';
import { failureOf, openBench, type Bench } from '../calling.ts';
import { bedrockDialect } from '../dialects/amazon-bedrock.ts';
import { plantEnvironment } from '../planted-environment.ts';
import { startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';

let standIn: SandboxVendors;
let sts: ScriptedServer;
let bench: Bench;
const guards: Guard[] = [];
beforeAll(async () => {
  [standIn, sts, bench] = await Promise.all([startSandboxVendors(), startScriptedServer(), openBench()]);
});
afterAll(() =>
  Promise.all([standIn.close(), sts.close(), bench.close(), ...guards.map((guard) => guard.close())]),
);

const guardTo = (url: string): Guard => {
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown: { sts: url } });
  guards.push(guard);
  return guard;
};
const region = 'eu-central-1';
const acme: RoleAsk = {
  org: 'acme & sons',
  provider: 'bedrock-legal',
  audience: 'amazon-bedrock:amazonaws.com',
  roleArn: 'arn:aws:iam::123456789012:role/byom',
  externalId: 'external-acme',
};
const baseKeys = { accessKeyId: 'AKIABASE', secretAccessKey: 'base secret' };
const refusal = (code: string): string =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>planted words</Message></Error></ErrorResponse>`;
const lent = (name: string, lifeMs = 3_600_000): string =>
  `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + lifeMs).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const xml = { 'content-type': 'text/xml' };
const scripted = (script: Script) => {
  sts.play({ headers: xml, ...script });
  return createAssumeRole({ guard: guardTo(sts.url), region, baseKeys });
};

describe('a role that is lent', () => {
  it('serves a call to Bedrock through the stand-ins', async () => {
    const { aws } = await standIn.accounts();
    const guard = guardTo(standIn.wellKnown.sts);
    const assume = createAssumeRole({ guard, region, baseKeys: aws });
    const keys = await assume(acme);
    expect(keys.accessKeyId).toMatch(/^ASIA/);
    const ask = (credential: object) =>
      bench.call(bedrockDialect, { guard, credential, settings: { endpoint: standIn.endpoint('legal') } });
    expect((await ask(keys)).finish).toBe('stop');
    const { sessionToken, ...withoutToken } = keys;
    expect(sessionToken).not.toBe('');
    expect((await failureOf(ask(withoutToken))).type).toBe('model.unauthorized');
  });

  it('is asked for with its ExternalId and a session that names organization and provider', async () => {
    await scripted({ chunks: [lent('ASIA1')] })(acme);
    const [request] = sts.requests;
    expect(request?.body).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: acme.roleArn,
      ExternalId: 'external-acme',
      RoleSessionName: 'byom-acme---sons-bedrock-legal',
    });
    expect(request?.headers['authorization']).toContain('Credential=AKIABASE/');
    expect(request?.headers['authorization']).toContain('/eu-central-1/sts/');
  });

  it('is asked for once by many at a time, and again after it was refused', async () => {
    const assume = scripted({ chunks: [lent('ASIA1')] });
    const all = await Promise.all([assume(acme), assume(acme), assume({ ...acme })]);
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['ASIA1']));
    expect(sts.requests).toHaveLength(1);
    assume.forget(acme, all[0]!);
    await assume(acme);
    expect(sts.requests).toHaveLength(2);
  });

  it.each(['org', 'provider', 'audience', 'roleArn', 'externalId'] as const)(
    'is not shared with an ask of another %s',
    async (field) => {
      const assume = scripted({ chunks: [lent('ASIA1')] });
      await assume(acme);
      await assume({ ...acme, [field]: `${acme[field]}-other` });
      expect(sts.requests).toHaveLength(2);
    },
  );

  it('is asked for again when its keys have run out', async () => {
    const assume = scripted({ chunks: [lent('ASIA1', -1)] });
    await assume(acme);
    await assume(acme);
    expect(sts.requests).toHaveLength(2);
  });

  it('is asked for in the same way whatever the environment of the worker says', async () => {
    const planted = await plantEnvironment();
    try {
      await scripted({ chunks: [lent('ASIA1')] })(acme);
      expect(JSON.stringify(sts.requests)).not.toContain(planted.mark);
      expect(planted.visitors()).toBe(0);
    } finally {
      await planted.remove();
    }
  });
});

describe('a role that is not lent', () => {
  it.each([
    [403, 'AccessDenied', 'model.forbidden', 'trust policy'],
    [403, 'InvalidClientTokenId', 'model.misconfigured', "operator's own AWS keys"],
    [403, 'SignatureDoesNotMatch', 'model.misconfigured', "operator's own AWS keys"],
    [403, 'ExpiredToken', 'model.misconfigured', "operator's own AWS keys"],
    [403, 'RegionDisabledException', 'model.misconfigured', 'region'],
    [400, 'ValidationError', 'model.misconfigured', 'roleArn'],
    [400, 'Throttling', 'model.rate-limited', 'answered 400'],
    [500, 'InternalFailure', 'model.server-error', 'answered 500'],
    [503, '', 'model.overloaded', 'answered 503'],
  ])('%i %s is %s', async (status, code, type, said) => {
    const failure = await failureOf(scripted({ status, chunks: [refusal(code)] })(acme));
    expect(failure.type).toBe(type);
    expect(failure.message).toContain(said);
    expect(failure.hints).toMatchObject({ sent: 'no', httpStatus: status });
    expect(failure.message + JSON.stringify(failure)).not.toMatch(/planted|123456789012/);
    expect(sts.requests).toHaveLength(1);
  });

  it.each([
    ['an empty body', { chunks: [] }, 'model.invalid-answer'],
    ['no keys', { chunks: ['<AssumeRoleResponse/>'] }, 'model.invalid-answer'],
    ['a page', { headers: { 'content-type': 'text/html' }, chunks: ['<html>hello'] }, 'model.invalid-answer'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }, 'model.misconfigured'],
    ['a broken connection', { ending: 'drop' }, 'model.unreachable'],
  ] as const)('%s is %s', async (_name, script, type) => {
    const failure = await failureOf(scripted(script)(acme));
    expect([failure.type, failure.hints.sent]).toEqual([type, 'no']);
  });

  it('because the wait was given up rethrows the reason', async () => {
    const abort = new AbortController();
    const asking = scripted({ ending: 'silence' })(acme, abort.signal);
    await sts.requested();
    const reason = new Error('the run was aborted');
    abort.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await sts.abandoned();
  });

  it('is tried again by the next ask', async () => {
    const assume = scripted({ status: 503 });
    await failureOf(assume(acme));
    sts.play({ headers: xml, chunks: [lent('ASIA2')] });
    expect((await assume(acme)).accessKeyId).toBe('ASIA2');
  });

  it('by the stand-in has no ExternalId, or comes from a stranger', async () => {
    const { aws } = await standIn.accounts();
    const guard = guardTo(standIn.wellKnown.sts);
    const assume = createAssumeRole({ guard, region, baseKeys: aws });
    expect((await failureOf(assume({ ...acme, externalId: '' }))).type).toBe('model.forbidden');
    const stranger = createAssumeRole({ guard, region, baseKeys: { ...aws, secretAccessKey: 'wrong' } });
    expect((await failureOf(stranger(acme))).type).toBe('model.misconfigured');
  });
});

it('asks the service of its region where the operator names no other', async () => {
  const asked: string[] = [];
  const guard: Guard = {
    wellKnown: { googleToken: '', entraAuthority: '', sts: null },
    fetch: (hosts) => {
      asked.push(...hosts);
      return () => Promise.reject(new TypeError('nobody is asked'));
    },
    close: async () => {},
  };
  await failureOf(createAssumeRole({ guard, region: 'sa-east-1', baseKeys })(acme));
  expect(asked).toEqual(['https://sts.sa-east-1.amazonaws.com']);
});
