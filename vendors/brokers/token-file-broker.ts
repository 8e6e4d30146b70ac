import { readFile } from 'node:fs/promises';
import type { Failure } from '../../contract/index.ts';
import { audienceOf } from '../audience.ts';
import type { BrokerAsk, CredentialBroker } from '../broker.ts';
import { misconfigured } from '../define-vendor.ts';
import type { Guard } from '../guard/guard.ts';
import { requestByAssertion } from '../tokens/entra-assertion.ts';
import { cacheKey } from '../tokens/last-used.ts';
import { requestSessionKeys, sessionNameOf, sessionS } from '../tokens/session-keys.ts';
import { createTokenCache, type IssuedToken } from '../tokens/token-cache.ts';

export interface TokenFileBrokerOptions {
  readonly guard: Guard;
  /** Path of the token that Kubernetes projects for the worker's service account. Read anew for each exchange: it is renewed. */
  readonly tokenFile: string;
  /** What each organization is lent for `{ workload: true }`; one that is not named here is lent nothing. */
  readonly organizations: Readonly<Record<string, LentIdentity>>;
}

/** All of it is the operator's; what a tenant sets is only compared with it. */
export interface LentIdentity {
  /** For Bedrock at Amazon's own hosts: a role that trusts the cluster's issuer. */
  readonly aws?: { readonly region: string; readonly roleArn: string };
  /** For Azure OpenAI: an application with a federated credential for the service account. */
  readonly entra?: {
    readonly tenantId: string;
    readonly clientId: string;
    /** The resources its token may be sent to, as providers have them in `settings.endpoint`. */
    readonly endpoints: readonly string[];
    /** `https://ai.azure.com/.default` by default; dated versions take `https://cognitiveservices.azure.com/.default`. */
    readonly scope?: string;
  };
}

/** One identity that may be lent: under which key it is kept, and how it is had. */
interface Loan {
  readonly key: string;
  readonly request: (signal: AbortSignal) => Promise<IssuedToken<object>>;
}

/**
 * Exchanges the token of the worker's own service account for a short-lived credential: AssumeRoleWithWebIdentity at Amazon's,
 * a client assertion (RFC 7523) at Entra's. Throws `Failure`: `model.misconfigured` for whatever the operator did not open.
 */
export function createTokenFileBroker(options: TokenFileBrokerOptions): CredentialBroker {
  const lent = createTokenCache<object>();
  const lend: CredentialBroker = async (ask, signal) => {
    const { key, request } = loanOf(options, ask);
    return lent.get(key, signal, request);
  };
  return Object.assign(lend, {
    forget: (ask: BrokerAsk, refused: unknown) => lent.forget(loanOf(options, ask).key, refused as object),
  });
}

function loanOf(options: TokenFileBrokerOptions, ask: BrokerAsk): Loan {
  const { org, vendor, audience, identity } = ask;
  const opened = Object.hasOwn(options.organizations, org) ? options.organizations[org] : undefined;
  if (identity['workload'] === true && vendor === 'amazon-bedrock' && opened?.aws !== undefined) {
    // At an address that a tenant typed, the session's token would be a stranger's to read.
    if (audience !== 'amazon-bedrock:amazonaws.com') throw elsewhere();
    return keysOf(options, ask, opened.aws);
  }
  if (identity['workload'] === true && vendor === 'azure-openai' && opened?.entra !== undefined) {
    const audiences = opened.entra.endpoints.map((endpoint) => audienceOf('azure-openai', endpoint));
    if (!audiences.includes(audience)) throw elsewhere();
    return tokenOf(options, ask, opened.entra);
  }
  throw misconfigured(
    'The operator lends this organization no such identity. Ask for it, or give the provider a credential.',
  );
}

function elsewhere(): Failure {
  return misconfigured(
    "The operator lends this identity for other addresses only. Correct the provider's settings.endpoint, or ask for it.",
  );
}

function keysOf(
  { guard, tokenFile }: TokenFileBrokerOptions,
  ask: BrokerAsk,
  { region, roleArn }: NonNullable<LentIdentity['aws']>,
): Loan {
  const { org, provider } = ask;
  const endpoint = guard.wellKnown.sts ?? `https://sts.${region}.amazonaws.com`;
  const request: Loan['request'] = async (signal) => {
    const token = await readTokenFile(tokenFile);
    const way = { region, endpoint, fetch: guard.fetch([endpoint]), signal, baseKeys: null };
    return requestSessionKeys(
      { ...way, remedies: awsRemedies },
      (client, { AssumeRoleWithWebIdentityCommand }) =>
        client.send(
          new AssumeRoleWithWebIdentityCommand({
            RoleArn: roleArn,
            RoleSessionName: sessionNameOf(ask),
            WebIdentityToken: token,
            DurationSeconds: sessionS,
          }),
        ),
    );
  };
  return { key: cacheKey({ org, provider, roleArn }, endpoint), request };
}

const awsRemedies = {
  'model.forbidden':
    "The trust policy of the operator's role must allow sts:AssumeRoleWithWebIdentity to the worker's service account.",
  'model.misconfigured':
    "The operator's role, the token file of the worker, its audience or the cluster's issuer do not fit.",
};

function tokenOf(
  { guard, tokenFile }: TokenFileBrokerOptions,
  { org, provider }: BrokerAsk,
  client: NonNullable<LentIdentity['entra']>,
): Loan {
  const { tenantId, clientId, scope = 'https://ai.azure.com/.default' } = client;
  const url = `${guard.wellKnown.entraAuthority}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
  const request: Loan['request'] = async (signal) => {
    const assertion = await readTokenFile(tokenFile);
    const fetch = guard.fetch([new URL(url).origin]);
    const { secret, expiresAtMs } = await requestByAssertion({
      fetch,
      url,
      clientId,
      scope,
      assertion,
      signal,
    });
    return { secret: { accessToken: secret }, expiresAtMs };
  };
  return { key: cacheKey({ org, provider, clientId, scope }, url), request };
}

async function readTokenFile(path: string): Promise<string> {
  const token = await readFile(path, 'utf8').catch(() => '');
  if (!/^[\x21-\x7e]+\s*$/.test(token)) {
    throw misconfigured(
      "The worker's token file cannot be read, or holds no token. That is the operator's to mend.",
    );
  }
  return token.trim();
}
