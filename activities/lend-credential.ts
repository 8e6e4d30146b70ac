import { Failure } from '../contract/index.ts';
import type { OpenCall } from '../registry/index.ts';
import type { AnyVendor, CredentialBroker } from '../vendors/index.ts';

/**
 * The secrets to call with: the provider's own, or where it names an identity, what the operator's broker lends for it.
 * Without a broker the identity is passed on, and the vendor says what is missing.
 */
export async function lendCredential(
  broker: CredentialBroker | null,
  vendor: AnyVendor,
  { vendor: name, provider, openCredential }: Pick<OpenCall, 'vendor' | 'provider' | 'openCredential'>,
  signal: AbortSignal,
): Promise<unknown> {
  const credential = openCredential();
  if (broker === null || !vendor.isIdentity(credential)) return credential;
  try {
    const identity = credential as Readonly<Record<string, unknown>>;
    return await broker({ ...provider, vendor: name, identity }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    // Its message is the host's, and may hold what it failed to hand over.
    throw new Failure('model.misconfigured', "The operator's broker lends nothing for this provider.", {
      sent: 'no',
    });
  }
}
