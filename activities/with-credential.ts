import { log } from '@temporalio/activity';
import { Failure } from '../contract/index.ts';
import type { OpenCall } from '../registry/index.ts';
import type { AnyVendor, BrokerAsk, CredentialBroker } from '../vendors/index.ts';

/**
 * Calls with the provider's own secrets, or where it names an identity, with what the operator's broker lends for it; the
 * broker hears where that is refused. Without a broker the identity is passed on, and the vendor says what is missing.
 */
export async function withCredential<T>(
  broker: CredentialBroker | null,
  vendor: AnyVendor,
  { vendor: name, provider, openCredential }: Pick<OpenCall, 'vendor' | 'provider' | 'openCredential'>,
  signal: AbortSignal,
  call: (credential: unknown) => Promise<T>,
): Promise<T> {
  const credential = openCredential();
  if (broker === null || !vendor.isIdentity(credential)) return call(credential);
  const identity = credential as Readonly<Record<string, unknown>>;
  const ask: BrokerAsk = { ...provider, vendor: name, identity };
  const lent = await lend(broker, ask, signal);
  try {
    return await call(lent);
  } catch (error) {
    if (error instanceof Failure && error.type === 'model.unauthorized') forget(broker, ask, lent);
    throw error;
  }
}

async function lend(broker: CredentialBroker, ask: BrokerAsk, signal: AbortSignal): Promise<unknown> {
  try {
    return await broker(ask, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    // Its message is the host's, and may hold what it failed to hand over.
    throw new Failure('model.misconfigured', "The operator's broker lends nothing for this provider.", {
      sent: 'no',
    });
  }
}

/** The broker is the host's: one that throws changes nothing of what the call came to. */
function forget(broker: CredentialBroker, ask: BrokerAsk, lent: unknown): void {
  try {
    broker.forget?.(ask, lent);
  } catch {
    log.warn("The broker's forget failed.", { org: ask.org, provider: ask.provider });
  }
}
