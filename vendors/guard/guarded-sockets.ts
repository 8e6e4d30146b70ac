import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, fetch as undiciFetch, Pool, Response } from 'undici';
import { Failure } from '../../contract/index.ts';
import { findFailure } from '../errors/find-failure.ts';
import { addressOf } from './address.ts';
import { capBytes } from './cap-bytes.ts';
import type { Lookup } from './guard.ts';
import type { Judge } from './judge.ts';

const redirects = new Set([301, 302, 303, 307, 308]);

/** What sockets are opened by. */
export interface SocketRules {
  readonly judge: Judge;
  readonly lookup: Lookup;
  /** Decoded bytes of one answer. */
  readonly maxBytes: number;
}

/** Every socket of a guard, in one keep-alive pool. */
export interface GuardedSockets {
  fetch(origins: ReadonlySet<string>): typeof globalThis.fetch;
  connectorOf(origin: URL): buildConnector.connector;
  close(): Promise<void>;
}

/** Addresses are judged where sockets are opened. */
export function openSockets({ judge, lookup, maxBytes }: SocketRules): GuardedSockets {
  const connectorOf = (origin: URL) => guardedConnector(origin, judge, lookup);
  const agent = new Agent({
    // How long a call may take is decided per call; undici's own 300 s would cut short what an admin allowed.
    headersTimeout: 0,
    bodyTimeout: 0,
    // Below the 5 s after which common model servers drop an idle connection without a word.
    keepAliveTimeout: 4_000,
    maxResponseSize: maxBytes,
    factory: (origin, poolOptions) =>
      new Pool(origin, { ...poolOptions, connect: connectorOf(new URL(origin)) }),
  });
  return {
    fetch: (origins) => guardedFetch(agent, origins, maxBytes),
    connectorOf,
    close: () => agent.destroy(),
  };
}

function guardedFetch(agent: Agent, origins: ReadonlySet<string>, maxBytes: number): typeof globalThis.fetch {
  const reach = async (input: string | URL | { readonly url: string }, init: object = {}) => {
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url);
    if (!origins.has(url.origin)) {
      throw new Failure(
        'model.misconfigured',
        'The call was about to leave for a host that its provider does not name.',
        {
          retry: false,
          sent: 'no',
        },
      );
    }
    // "manual" in undici hands the redirect over unfollowed; "error" could not be told from a broken network.
    const response = await undiciFetch(url, { ...init, dispatcher: agent, redirect: 'manual' }).catch(
      (thrown: unknown) => {
        throw findFailure(thrown) ?? thrown;
      },
    );
    if (redirects.has(response.status)) {
      void response.body?.cancel().catch(() => {});
      throw new Failure(
        'model.misconfigured',
        "The provider's address answers with a redirect, and none is followed. Enter the address it leads to.",
        { retry: false, sent: 'yes', httpStatus: response.status },
      );
    }
    const { status, statusText, headers } = response;
    // What comes as it is was counted where it came in; only what is unpacked on the way can grow.
    if (response.body === null || headers.get('content-encoding') === null) return response;
    return new Response(capBytes(response.body as ReadableStream<Uint8Array>, maxBytes), {
      status,
      statusText,
      headers,
    });
  };
  // The same thing by another version's types: SDKs are typed for the platform's own fetch.
  return reach as unknown as typeof globalThis.fetch;
}

/** Opens sockets to one origin. A literal address is judged here, because sockets look up names only. */
function guardedConnector(origin: URL, judge: Judge, lookup: Lookup): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(origin, judge, lookup) });
  if (addressOf(origin.hostname) === null) return connect;
  return (target, callback) => {
    judge(origin, [origin.hostname]).then(
      () => connect(target, callback),
      (refusal: Error) => callback(refusal, null),
    );
  };
}

/** Refuses a name when any of its addresses is refused: which one gets used is not ours to choose. */
function guardedLookup(origin: URL, judge: Judge, lookup: Lookup): LookupFunction {
  const find = async (hostname: string, hints: number | undefined) => {
    const found = await lookup(hostname, hints);
    await judge(
      origin,
      found.map((one) => one.address),
    );
    return found;
  };
  return (hostname, options, callback) => {
    find(hostname, options.hints).then(
      (found) => {
        if (options.all === true) return callback(null, [...found]);
        const [first] = found;
        return callback(null, first?.address ?? '', first?.family ?? 0);
      },
      (refusal: NodeJS.ErrnoException) => callback(refusal, '', 0),
    );
  };
}
