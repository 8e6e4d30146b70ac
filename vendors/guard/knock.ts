import type { buildConnector } from 'undici';
import { Failure } from '../../contract/index.ts';
import { toFailure } from '../errors/to-failure.ts';

const knockMaxMs = 5_000;

/** Opens one socket as a call would, TLS included, says nothing and closes it. Throws `Failure`. */
export async function knock(origin: URL, connect: buildConnector.connector): Promise<void> {
  const { hostname, host, port, protocol } = origin;
  const opened = new Promise<void>((resolve, reject) => {
    // As undici itself names the host of an IPv6 address: without its brackets.
    const target = { hostname: hostname.replace(/^\[|\]$/g, ''), host, port, protocol };
    connect(target, (error, socket) => {
      if (error !== null) return reject(error);
      socket.destroy();
      resolve();
    });
  });
  await inTime(opened);
}

/** Nobody is kept waiting for a name or a socket that does not come. Throws `Failure`. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const failure = new Failure('model.unreachable', "No connection to the vendor's address could be made.", {
      sent: 'no',
    });
    timer = setTimeout(() => reject(failure), knockMaxMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (thrown) {
    throw toFailure(thrown);
  } finally {
    clearTimeout(timer);
  }
}
