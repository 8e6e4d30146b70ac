import { lookup as systemLookup } from 'node:dns/promises';
import { addressOf, readRanges } from './address.ts';
import type { GuardOptions, Lookup, ProbingGuard, WellKnown } from './guard.ts';
import type { GuardedSockets } from './guarded-sockets.ts';
import { createJudge, type Judge } from './judge.ts';
import { inTime, knock } from './knock.ts';

const defaultMaxBytes = 8 * 1024 * 1024;
const publicEndpoints: WellKnown = {
  googleToken: 'https://oauth2.googleapis.com/token',
  entraAuthority: 'https://login.microsoftonline.com',
  sts: null,
};

/**
 * One guard per worker: its keep-alive pool is shared by all calls. Addresses are judged where sockets are opened, so a
 * name that changes its mind after a check gains nothing, and a connection that is used again costs nothing.
 * Throws `model.misconfigured` for options nobody can read.
 */
export function createGuard(options: GuardOptions = {}): ProbingGuard {
  const lookup = options.lookup ?? ((host, hints = 0) => systemLookup(host, { all: true, hints }));
  const judge = createJudge(options, readRanges(options.allowedRanges ?? []), lookup);
  const rules = { judge, lookup, maxBytes: options.maxBytes ?? defaultMaxBytes };
  let opened: Promise<GuardedSockets> | null = null;
  // With the first one: the API checks what vendors may be given, and opens none.
  const sockets = () =>
    (opened ??= import('./guarded-sockets.ts').then(({ openSockets }) => openSockets(rules)));

  return {
    fetch(hosts) {
      const origins = new Set(hosts.map((host) => new URL(host).origin));
      return async (input, init) => (await sockets()).fetch(origins)(input, init);
    },
    judge: (origin) => inTime(judgeName(new URL(origin), judge, lookup)),
    async knock(origin) {
      const url = new URL(origin);
      await knock(url, (await sockets()).connectorOf(url));
    },
    wellKnown: { ...publicEndpoints, ...options.wellKnown },
    async close() {
      await (await opened)?.close();
    },
  };
}

async function judgeName(origin: URL, judge: Judge, lookup: Lookup): Promise<void> {
  const { hostname } = origin;
  if (addressOf(hostname) !== null) return judge(origin, [hostname]);
  const found = await lookup(hostname);
  return judge(
    origin,
    found.map((one) => one.address),
  );
}
