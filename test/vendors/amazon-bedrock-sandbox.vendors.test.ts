import { startSandboxVendors, type SandboxAccounts, type SandboxVendors } from '../../testing/index.ts';
import { createGuard, vendors, type Guard } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { bedrockDialect } from './dialects/amazon-bedrock.ts';
import { jsonPrompt } from './dialects/dialect.ts';

const bedrock = vendors['amazon-bedrock'];

let bench: Bench;
let standIn: SandboxVendors;
let guard: Guard;
let accounts: SandboxAccounts;
beforeAll(async () => {
  [bench, standIn] = await Promise.all([openBench(), startSandboxVendors()]);
  accounts = await standIn.accounts();
  guard = createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown: standIn.wellKnown });
});
afterEach(() => standIn.reset());
afterAll(() => Promise.all([guard.close(), bench.close(), standIn.close()]));

describe('what is registered for Bedrock', () => {
  const issueOf = (schema: { safeParse(value: unknown): object }, value: unknown) =>
    (schema.safeParse(value) as { error?: { issues: { path: string[]; message: string }[] } }).error
      ?.issues[0];

  it.each(['us-east-1.evil.com', 'a/b', 'US-EAST-1', 'x@y', '', 'a'.repeat(64), '127.0.0.1#'])(
    'is never the region "%s"',
    (region) => {
      expect(issueOf(bedrock.settings, { region })?.path).toEqual(['region']);
    },
  );

  it('reaches the host of its region, or the one that was typed, and no other', () => {
    const { wellKnown } = guard;
    const region = 'eu-central-1';
    expect(bedrock.hosts({ region }, wellKnown)).toEqual([
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
    ]);
    expect(bedrock.audience({ region })).toBe('amazon-bedrock:amazonaws.com');
    const endpoint = 'https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com/';
    expect(bedrock.hosts({ region, endpoint }, wellKnown)).toEqual([new URL(endpoint).origin]);
    expect(bedrock.audience({ region, endpoint })).toBe(
      'amazon-bedrock:https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com:443',
    );
  });

  it.each([
    { accessKeyId: 'AKIA', secretAccessKey: 's' },
    { accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't' },
    { apiKey: 'k' },
    { roleArn: 'arn:aws:iam::123456789012:role/teams/byom' },
    { roleArn: 'arn:aws-us-gov:iam::123456789012:role/byom' },
    { workload: true },
  ])('may be the credential %j', (given) => {
    expect(issueOf(bedrock.credential, given)).toBeUndefined();
    expect(bedrock.isIdentity(given)).toBe('roleArn' in given || 'workload' in given);
  });

  it.each([
    {},
    { accessKeyId: 'AKIA' },
    { sessionToken: 't' },
    { apiKey: 'k', accessKeyId: 'AKIA' },
    { apiKey: 'k\n' },
    { roleArn: 'arn:aws:iam::123456789012:user/byom' },
    { roleArn: 'arn:aws:iam::123456789012:role/byom', externalId: 'mine' },
    { workload: false },
    { profile: 'default' },
  ])('may not be the credential %j', (given) => {
    expect(issueOf(bedrock.credential, given)).toBeDefined();
  });

  it('is told what a credential needs that has half of it', () => {
    expect(issueOf(bedrock.credential, { accessKeyId: 'AKIA' })?.message).toContain(
      'must hold accessKeyId and secretAccessKey',
    );
  });

  it('names an identity of the operator that this worker cannot lend', async () => {
    const failure = await failureOf(bench.call(bedrockDialect, { credential: { workload: true } }));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
  });
});

describe('the stand-in of Bedrock', () => {
  const ask = (options: Parameters<Bench['call']>[1] = {}) =>
    bench.call(bedrockDialect, {
      guard,
      credential: accounts.aws,
      settings: { endpoint: standIn.endpoint('bedrock-legal') },
      upstreamId: 'eu.anthropic.claude-v1:0',
      ...options,
    });

  it.each(['json_schema', 'json_object', 'prompt'] as const)(
    'answers the same streamed and whole in mode %s, to signed requests',
    async (mode) => {
      const streamed = await ask({ prompt: jsonPrompt(mode) });
      const inOne = await ask({ prompt: jsonPrompt(mode), streaming: false });
      // The pieces of a streamed input may hold blanks that the parsed one does not.
      expect([streamed.finish, streamed.usage]).toEqual([inOne.finish, inOne.usage]);
      if (mode !== 'prompt') expect(JSON.parse(streamed.text)).toEqual(JSON.parse(inOne.text));
      expect(standIn.callsTo('bedrock-legal').map(({ status, streamed: was }) => [status, was])).toEqual([
        [200, true],
        [200, false],
      ]);
    },
  );

  it('refuses a wrong secret and an unknown key, and takes any API key', async () => {
    const { accessKeyId } = accounts.aws;
    for (const credential of [
      { accessKeyId, secretAccessKey: 'wrong' },
      { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'wrong' },
    ]) {
      const failure = await failureOf(ask({ credential }));
      expect([failure.type, failure.hints.httpStatus]).toEqual(['model.unauthorized', 403]);
    }
    expect((await ask({ credential: { apiKey: 'any' } })).finish).toBe('stop');
  });

  it.each([
    [{ kind: 'status', status: 429, retryAfter: { ms: 2000, form: 'seconds' } }, 'model.rate-limited'],
    [{ kind: 'status', status: 400, code: 'context_length_exceeded' }, 'model.context-too-long'],
    [{ kind: 'status', status: 400, code: 'content_policy_violation' }, 'model.content-filtered'],
    [{ kind: 'status', status: 400, code: 'insufficient_quota' }, 'model.quota-exhausted'],
    [{ kind: 'status', status: 503 }, 'model.overloaded'],
    [{ kind: 'end-without-terminal' }, 'model.invalid-answer'],
    [{ kind: 'garbage', form: 'event' }, 'model.invalid-answer'],
    [{ kind: 'garbage', form: 'html' }, 'model.invalid-answer'],
    [{ kind: 'empty-choices' }, 'model.invalid-answer'],
    [{ kind: 'content-filter' }, 'model.content-filtered'],
    [{ kind: 'cut', afterTokens: 1 }, 'model.unreachable'],
    [{ kind: 'huge' }, 'model.invalid-answer'],
  ] as const)('with the fault %j is %s', async (fault, type) => {
    standIn.fault('bedrock-legal', fault);
    expect((await failureOf(ask())).type).toBe(type);
    expect(standIn.callsTo('bedrock-legal')).toHaveLength(1);
  });

  it('that refuses modes is asked in words in the end', async () => {
    standIn.fault('bedrock-legal', { kind: 'refuse-mode', modes: ['json_schema', 'json_object'] });
    for (const mode of ['json_schema', 'json_object'] as const) {
      expect((await failureOf(ask({ prompt: jsonPrompt(mode) }))).hints.refusedMode).toBe(true);
    }
    expect((await ask({ prompt: jsonPrompt('prompt') })).finish).toBe('stop');
  });
});
