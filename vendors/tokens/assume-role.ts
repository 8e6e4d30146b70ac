import { Failure } from '../../contract/index.ts';
import { awsConfig } from '../aws-config.ts';
import { refusalToFailure, toFailure } from '../errors/to-failure.ts';
import type { ErrorWords } from '../errors/vendor-error.ts';
import type { Guard } from '../guard/guard.ts';
import { createSmithyHandler } from '../guard/smithy-handler.ts';
import { loadSdk } from '../load-sdk.ts';
import { invalidAnswer } from '../wire/wire.ts';
import { createTokenCache, tokenKey, type IssuedToken } from './token-cache.ts';

export interface AssumeRoleOptions {
  readonly guard: Guard;
  /** Whose Security Token Service is asked, unless the guard's `wellKnown.sts` names another. */
  readonly region: string;
  /** The operator's own keys: all they need is `sts:AssumeRole` on the roles of the organizations. */
  readonly baseKeys: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** One provider's role. The ExternalId must be ours, never an organization's to choose: it keeps others off its role. */
export interface RoleAsk {
  readonly org: string;
  readonly provider: string;
  readonly audience: string;
  readonly roleArn: string;
  readonly externalId: string;
}

/** Keys of a role's session, good for an hour: a credential of `amazon-bedrock`. */
export interface SessionKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface AssumeRole {
  /**
   * The keys at hand while they are fresh, else new ones. Throws `Failure`: `model.forbidden` where the role's trust policy
   * says no, `model.misconfigured` where the operator's own keys are refused; or the reason of `signal`.
   */
  (ask: RoleAsk, signal?: AbortSignal): Promise<SessionKeys>;
  /** Drops keys that were refused, so that the next ask gets others. */
  forget(ask: RoleAsk, refused: SessionKeys): void;
}

const timeoutMs = 10_000;

/** Lends roles of organizations through AssumeRole (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
export function createAssumeRole(options: AssumeRoleOptions): AssumeRole {
  const { guard, region } = options;
  const endpoint = guard.wellKnown.sts ?? `https://sts.${region}.amazonaws.com`;
  const fetch = guard.fetch([endpoint]);
  const tokens = createTokenCache<SessionKeys>();
  const keyOf = (ask: RoleAsk): string => tokenKey({ ...ask, as: options.baseKeys }, endpoint);
  const assume = (ask: RoleAsk, signal: AbortSignal = new AbortController().signal): Promise<SessionKeys> =>
    tokens.get(keyOf(ask), signal, (given) => requestKeys(ask, options, { endpoint, fetch, signal: given }));
  return Object.assign(assume, {
    forget: (ask: RoleAsk, refused: SessionKeys) => tokens.forget(keyOf(ask), refused),
  });
}

interface Way {
  readonly endpoint: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

async function requestKeys(
  ask: RoleAsk,
  { region, baseKeys }: AssumeRoleOptions,
  { endpoint, fetch, signal }: Way,
): Promise<IssuedToken<SessionKeys>> {
  const { STSClient, AssumeRoleCommand } = await loadSdk(
    '@aws-sdk/client-sts',
    () => import('@aws-sdk/client-sts'),
  );
  const timeout = AbortSignal.timeout(timeoutMs);
  const reach = refusing(fetch, AbortSignal.any([signal, timeout]));
  const client = new STSClient({
    ...awsConfig,
    authSchemePreference: ['sigv4'],
    credentials: { ...baseKeys },
    endpoint,
    region,
    requestHandler: createSmithyHandler(reach),
    sigv4aSigningRegionSet: [region],
  });
  const command = new AssumeRoleCommand({
    RoleArn: ask.roleArn,
    RoleSessionName: sessionNameOf(ask),
    ExternalId: ask.externalId,
  });
  try {
    const { Credentials: lent } = await client.send(command).catch((thrown: unknown) => {
      // Our own failures and the transport's have names; what is left is what the SDK could not read.
      throw toFailure(thrown).type === 'model.unknown' ? noKeys() : thrown;
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = lent ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined) throw noKeys();
    return {
      secret: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiresAtMs: Expiration.getTime(),
    };
  } catch (thrown) {
    throw toStsFailure(timeout.aborted ? timedOut() : toFailure(thrown));
  }
}

function noKeys(): Failure {
  return invalidAnswer('It sent no keys.');
}

function timedOut(): Failure {
  return new Failure('model.timed-out', 'It did not answer within 10 seconds.');
}

/** Whatever went wrong, the prompt has not left. */
function toStsFailure({ type, message, hints }: Failure): Failure {
  const said = remedies[type] ?? message;
  return new Failure(type, `Amazon's Security Token Service lent no role. ${said}`, { ...hints, sent: 'no' });
}

/** What its owner finds in CloudTrail: `[\w+=,.@-]{2,64}`. */
function sessionNameOf({ org, provider }: RoleAsk): string {
  return `byom-${org}-${provider}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** Errors are read here and not by the SDK, whose own carry Amazon's text with the names of accounts and roles in it. */
function refusing(fetch: typeof globalThis.fetch, signal: AbortSignal): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, signal });
    if (response.ok) return response;
    const code = /<Code>([A-Za-z.]{1,64})<\/Code>/.exec(await response.text())?.[1] ?? '';
    const { status, headers } = response;
    const named = new Response(JSON.stringify({ code }), { status, headers });
    throw await refusalToFailure(named, stsWords, null);
  };
}

/** docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and API_AssumeRole.html. */
const stsWords: ErrorWords = {
  codes: [
    [/^accessdenied(exception)?$/, 'model.forbidden'],
    [
      /^(invalidclienttokenid|signaturedoesnotmatch|missingauthenticationtoken|incompletesignature|expiredtoken(exception)?|requestexpired|optinrequired|regiondisabledexception|validationerror)$/,
      'model.misconfigured',
    ],
    [/^(throttling(exception)?|requestlimitexceeded)$/, 'model.rate-limited'],
  ],
  codesAlone: [],
  prose: [],
  mode: /(?!)/,
};

const remedies: Readonly<Partial<Record<Failure['type'], string>>> = {
  'model.forbidden':
    "The role's trust policy must allow sts:AssumeRole to the operator's account, with the ExternalId of this organization.",
  'model.misconfigured':
    "The roleArn, the operator's own AWS keys, the region or the worker's clock do not fit.",
};
