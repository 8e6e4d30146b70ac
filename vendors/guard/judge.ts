import { Failure } from '../../contract/index.ts';
import { addressOf, isAllowed, isPublic, isSamePlace, type Range } from './address.ts';
import type { GuardOptions, Lookup } from './guard.ts';

/** May a socket be opened to these addresses for this origin? Throws `model.misconfigured` unless to each of them. */
export type Judge = (origin: URL, addresses: readonly string[]) => Promise<void>;

/** A tenant may look at this message, so it says nothing of what the name resolved to. */
function refusedAddress(): Failure {
  return new Failure(
    'model.misconfigured',
    "The provider's address may not be reached from here. Use a public https address, or ask the operator to allow its range.",
    { retry: false, sent: 'no' },
  );
}

export function createJudge(options: GuardOptions, allowed: readonly Range[], lookup: Lookup): Judge {
  const denied = (options.deniedEndpoints ?? []).map(readEndpoint);

  return async (origin, addresses) => {
    if (addresses.length === 0) throw refusedAddress();
    for (const text of addresses) {
      const address = addressOf(text);
      if (address === null) throw refusedAddress();
      const open = isAllowed(address, allowed);
      if (!open && (origin.protocol !== 'https:' || !isPublic(address))) throw refusedAddress();
    }
    const port = origin.port || (origin.protocol === 'https:' ? '443' : '80');
    for (const endpoint of denied) {
      if (endpoint.port === port && (await meets(endpoint.host, addresses, lookup))) throw refusedAddress();
    }
  };
}

interface Endpoint {
  readonly host: string;
  readonly port: string;
}

function readEndpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  const [host, port] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon < 1 || !/^\d{1,5}$/.test(port)) {
    throw new Failure('model.misconfigured', `"${text}" is no endpoint; write it like 127.0.0.1:5432.`);
  }
  return { host, port };
}

/** Whether one of the addresses is the denied host's. A denied name that cannot be looked up denies the port. */
async function meets(host: string, addresses: readonly string[], lookup: Lookup): Promise<boolean> {
  const literal = addressOf(host);
  const theirs =
    literal === null
      ? await lookup(host).then(
          (found) => found.map((one) => addressOf(one.address)),
          () => null,
        )
      : [literal];
  if (theirs === null) return true;
  return addresses.some((text) => {
    const address = addressOf(text);
    return address !== null && theirs.some((one) => one !== null && isSamePlace(address, one));
  });
}
