import type * as Sts from '@aws-sdk/client-sts';
import { Failure } from '../../contract/index.ts';
import { awsConfig } from '../aws-config.ts';
import { refusalToFailure, toFailure } from '../errors/to-failure.ts';
import type { ErrorWords } from '../errors/vendor-error.ts';
import { createSmithyHandler } from '../guard/smithy-handler.ts';
import { loadSdk } from '../load-sdk.ts';
import { invalidAnswer } from '../wire/wire.ts';
import type { IssuedToken } from './token-cache.ts';

/** Keys of a role's session, good for a quarter of an hour: a credential of `amazon-bedrock`. */
export interface SessionKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** How the Security Token Service is asked. */
export interface StsWay {
  readonly region: string;
  readonly endpoint: string;
  /** To `endpoint` and no other host. */
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** Null where the request itself proves who asks. */
  readonly baseKeys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
  /** What to do about a failure, by its type, in place of what was seen. */
  readonly remedies: Readonly<Partial<Record<Failure['type'], string>>>;
}

interface Lent {
  readonly Credentials?:
    | Readonly<
        Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken', string | undefined> & {
          Expiration: Date | undefined;
        }
      >
    | undefined;
}

const timeoutMs = 10_000;
/** The least that Amazon lends for: nobody tells us that keys were refused, so a revoked role has to end by itself soon. */
export const sessionS = 900;

/** Asks once for the keys of a role. Throws `Failure`, none of which says that the prompt has left. */
export async function requestSessionKeys(
  way: StsWay,
  send: (client: Sts.STSClient, sts: typeof Sts) => Promise<Lent>,
): Promise<IssuedToken<SessionKeys>> {
  const sts = await loadSdk('@aws-sdk/client-sts', () => import('@aws-sdk/client-sts'));
  const timeout = AbortSignal.timeout(timeoutMs);
  const client = createClient(sts, way, AbortSignal.any([way.signal, timeout]));
  try {
    const { Credentials: lent } = await send(client, sts).catch((thrown: unknown) => {
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
    const { type, message, hints } = timeout.aborted ? timedOut() : toFailure(thrown);
    const said = way.remedies[type] ?? message;
    // Whatever went wrong, the prompt has not left.
    throw new Failure(type, `Amazon's Security Token Service lent no role. ${said}`, {
      ...hints,
      sent: 'no',
    });
  }
}

/** What its owner finds in CloudTrail: `[\w+=,.@-]{2,64}`. */
export function sessionNameOf({
  org,
  provider,
}: {
  readonly org: string;
  readonly provider: string;
}): string {
  return `byom-${org}-${provider}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

function createClient(
  { STSClient: Client }: typeof Sts,
  { fetch, endpoint, region, baseKeys }: StsWay,
  signal: AbortSignal,
): Sts.STSClient {
  return new Client({
    ...awsConfig,
    authSchemePreference: ['sigv4'],
    endpoint,
    region,
    requestHandler: createSmithyHandler(refusing(fetch, signal)),
    sigv4aSigningRegionSet: [region],
    ...(baseKeys === null
      ? // In place of the chain that looks for keys everywhere on the worker's machine.
        { credentialDefaultProvider: () => () => Promise.reject(new Error('never asked')) }
      : { credentials: { ...baseKeys } }),
  });
}

function noKeys(): Failure {
  return invalidAnswer('It sent no keys.');
}

function timedOut(): Failure {
  return new Failure('model.timed-out', 'It did not answer within 10 seconds.');
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

/**
 * docs.aws.amazon.com/STS/latest/APIReference: CommonErrors.html, API_AssumeRole.html and
 * API_AssumeRoleWithWebIdentity.html.
 */
const stsWords: ErrorWords = {
  codes: [
    [/^accessdenied(exception)?$/, 'model.forbidden'],
    [
      /^(invalidclienttokenid|signaturedoesnotmatch|missingauthenticationtoken|incompletesignature|expiredtoken(exception)?|requestexpired|optinrequired|regiondisabledexception|validationerror|invalididentitytoken|idprejectedclaim)$/,
      'model.misconfigured',
    ],
    [/^(throttling(exception)?|requestlimitexceeded)$/, 'model.rate-limited'],
    [/^idpcommunicationerror$/, 'model.overloaded'],
  ],
  codesAlone: [],
  prose: [],
  mode: /(?!)/,
};
