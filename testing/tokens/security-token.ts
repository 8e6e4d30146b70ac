import { randomBytes, randomUUID } from 'node:crypto';
import type { KnownAccounts } from '../accounts.ts';
import { findSignatureFault } from '../signatures/sigv4.ts';
import type { TokenEndpoint, TokenReply } from './serve-token.ts';

const lifeMs = 60 * 60_000;

/**
 * Amazon's Security Token Service, as far as AssumeRole: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. Every
 * role here demands an ExternalId, as a role that is lent to a third party should; one named `trusts-<ExternalId>` demands
 * that one.
 */
export const securityTokens: TokenEndpoint = {
  match: (path) => path === 'sts' || path === 'sts/',
  serve({ request, body }, accounts) {
    const fault = findSignatureFault(request, body, accounts);
    if (fault !== null) return refusal(403, queryCodes[fault.code] ?? fault.code, fault.message);
    const form = new URLSearchParams(body.toString('utf8'));
    if (form.get('Action') !== 'AssumeRole') {
      return refusal(400, 'InvalidAction', 'The sandbox knows AssumeRole only.');
    }
    const role = form.get('RoleArn') ?? '';
    const session = form.get('RoleSessionName') ?? '';
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(role) || !/^[\w+=,.@-]{2,64}$/.test(session)) {
      return refusal(400, 'ValidationError', 'RoleArn or RoleSessionName is no such thing.');
    }
    const externalId = form.get('ExternalId') ?? '';
    const [, trusted = externalId] = /:role\/trusts-(.+)$/.exec(role) ?? [];
    if (externalId === '' || externalId !== trusted) {
      return refusal(403, 'AccessDenied', `Not authorized to perform sts:AssumeRole on resource ${role}`);
    }
    return lend(role, session, accounts);
  },
};

function lend(role: string, session: string, { awsSecrets }: KnownAccounts): TokenReply {
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = randomBytes(30).toString('base64');
  const sessionToken = `sandbox-session.${randomBytes(48).toString('base64')}`;
  awsSecrets.set(accessKeyId, { secretAccessKey, sessionToken });
  const expiration = new Date(Date.now() + lifeMs).toISOString();
  return xml(
    200,
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROASANDBOX:${session}</AssumedRoleId><Arn>${role}/${session}</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></AssumeRoleResponse>`,
  );
}

/** What services with a query interface call the faults of a signature. */
const queryCodes: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
};

function refusal(status: number, code: string, message: string): TokenReply {
  return xml(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>
<Message>${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): TokenReply {
  return { status, type: 'text/xml', body };
}
