import { Failure } from '../../contract/index.ts';
import { entraWords } from '../errors/entra-words.ts';
import { refusalToFailure, toFailure } from '../errors/to-failure.ts';
import { readToken } from './entra-token.ts';
import { postForm } from './post-form.ts';
import type { IssuedToken } from './token-cache.ts';

interface AssertionRequest {
  readonly fetch: typeof globalThis.fetch;
  /** Entra's token endpoint of the tenant. */
  readonly url: string;
  readonly clientId: string;
  readonly scope: string;
  /** A token of somebody whom the application trusts by a federated credential. */
  readonly assertion: string;
  readonly signal: AbortSignal;
}

const timeoutMs = 10_000;

/**
 * Exchanges a token of another issuer for one of Entra's (learn.microsoft.com/entra/identity-platform/
 * v2-oauth2-client-creds-grant-flow, the third case). Throws `Failure`, none of which says that the prompt has left.
 */
export async function requestByAssertion(asked: AssertionRequest): Promise<IssuedToken<string>> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const form = {
    grant_type: 'client_credentials',
    client_id: asked.clientId,
    scope: asked.scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: asked.assertion,
  };
  try {
    const signal = AbortSignal.any([asked.signal, timeout]);
    const response = await postForm(asked.fetch, asked.url, form, signal);
    if (!response.ok) throw await refusalToFailure(response, entraWords, null);
    return readToken(await response.text());
  } catch (thrown) {
    throw withoutToken(timeout.aborted ? timedOut() : toFailure(thrown));
  }
}

function timedOut(): Failure {
  return new Failure('model.timed-out', 'It did not answer within 10 seconds.');
}

/** Nothing that was sent is the tenant's, so no credential of a tenant's is to blame. */
function withoutToken({ type, message, hints }: Failure): Failure {
  const refused = type === 'model.unauthorized';
  const said = refused
    ? "The operator's application, its federated credential or the worker's token file do not fit."
    : message;
  return new Failure(refused ? 'model.misconfigured' : type, `Microsoft Entra issued no token. ${said}`, {
    ...hints,
    sent: 'no',
  });
}
