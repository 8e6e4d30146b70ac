import { get } from 'node:http';
import type { LookupFunction } from 'node:net';
import { createGuard, vendors, type Guard, type GuardOptions } from '../../vendors/index.ts';
import { failureOf } from './calling.ts';
import { prompt } from './dialects/dialect.ts';
import { forms, metadata, misleadingUrls } from './guard-forms.ts';
import { startListeners, type Listeners } from './guard-listeners.ts';
import { countSockets } from './suite/count-sockets.ts';

let listeners: Listeners;
beforeAll(async () => {
  listeners = await startListeners();
});
afterAll(() => listeners.close());
beforeEach(() => void listeners.visits());

const everything = ['0.0.0.0/0', '::/0'];
const toHere = [{ address: '127.0.0.1', family: 4 }];
const toMetadata = [{ address: '169.254.169.254', family: 4 }];
/** A resolver of an attacker's: every name is this machine, or a cloud's metadata where it sounds like it. */
const lookup: NonNullable<GuardOptions['lookup']> = async (host) =>
  /metadata|instance-data/.test(host) ? toMetadata : toHere;

/** Registers a provider at that address and calls it: the schema at save, the guard at call time. */
async function saveAndCall(guard: Guard, baseUrl: string): Promise<unknown> {
  const { settings, invoke } = vendors.custom;
  settings.safeParse({ baseUrl });
  return invoke(
    prompt,
    {
      settings: { baseUrl },
      credential: null,
      upstreamId: 'm',
      maxOutputTokens: 1,
      streaming: false,
      maxTokensField: null,
    },
    {
      signal: new AbortController().signal,
      limits: { firstTokenMs: 10_000, idleMs: 10_000, totalMs: 10_000 },
      guard,
      onProgress: () => {},
    },
  );
}

/** What becomes of each URL under a guard: the type of failure and whether anything was sent. */
async function endsUnder(options: GuardOptions, urls: readonly string[]): Promise<readonly string[]> {
  const guard = createGuard({ lookup, ...options });
  try {
    const ends: string[] = [];
    for (const url of urls) {
      const { type, hints } = await failureOf(saveAndCall(guard, url));
      ends.push(`${url} ${type} ${hints.sent}`);
    }
    return ends;
  } finally {
    await guard.close();
  }
}

const refusals = (urls: readonly string[]) => urls.map((url) => `${url} model.misconfigured no`);
const urlsOf = (hosts: readonly { readonly host: string }[], scheme: 'http' | 'https') =>
  hosts.map(({ host }) => `${scheme}://${host}:${listeners.port}/v1`);

/** Node's own client, with nobody on guard. */
function visitUnguarded(url: string): Promise<void> {
  const resolve: LookupFunction = (_host, { all }, callback) =>
    all ? callback(null, toHere) : callback(null, '127.0.0.1', 4);
  return new Promise((visited, failed) => {
    get(new URL(url), { lookup: resolve, agent: false }, (response) => {
      response.resume().on('end', visited);
    }).on('error', failed);
  });
}

describe('addresses that nobody outside may make us reach', () => {
  it(`${forms.length} forms of them make no connection, neither when they are saved nor when they are called`, async () => {
    expect(forms.length).toBeGreaterThanOrEqual(150);
    for (const scheme of ['http', 'https'] as const) {
      const urls = urlsOf(forms, scheme);
      expect(await endsUnder({}, urls)).toEqual(refusals(urls));
    }
    expect(listeners.visits()).toBe(0);
  });

  it('URLs that say one host and mean another make none either', async () => {
    const urls = misleadingUrls(listeners.port);
    const both = [...urls, ...urls.map((url) => url.replace(/^(\W*h\t?t\t?tp)/i, '$1s'))];
    expect(await endsUnder({}, both)).toEqual(refusals(both));
    expect(listeners.visits()).toBe(0);
  });

  it('with nobody on guard the same forms lead here: what is counted can be counted', async () => {
    const leading = urlsOf(
      forms.filter(({ leadsHere }) => leadsHere),
      'http',
    );
    for (const url of [...leading, ...misleadingUrls(listeners.port)]) {
      await visitUnguarded(url);
      expect([url, listeners.visits()]).toEqual([url, 1]);
    }
  });

  it('metadata and everywhere-addresses stay closed though the operator allows every range', async () => {
    const closed = [
      ...metadata,
      ...forms.filter(({ host }) => /^(0|0x0|0\.0|0\.0\.0\.0|\[::\])$/.test(host)),
    ];
    const sockets = countSockets();
    try {
      const urls = urlsOf(closed, 'http');
      expect(await endsUnder({ allowedRanges: everything }, urls)).toEqual(refusals(urls));
      expect(listeners.visits()).toBe(0);
      // A name takes a socket object to be looked up; a literal does not get that far.
      expect(sockets.opened()).toBe(closed.filter(({ host }) => /[a-z]{5}/.test(host)).length);
    } finally {
      sockets.stop();
    }
  });

  it('other forms of an address are reached once the operator allows its range', async () => {
    const guard = createGuard({ lookup, allowedRanges: ['127.0.0.0/8', '::1/128'] });
    const allowed = forms.filter(({ host, leadsHere }) => leadsHere && !/^\[?(0|::)/.test(host));
    for (const url of urlsOf(allowed, 'http')) {
      // `{}` is no answer, but it came from there.
      expect([url, (await failureOf(saveAndCall(guard, url))).type]).toEqual([url, 'model.invalid-answer']);
    }
    expect(listeners.visits()).toBeGreaterThan(0);
    await guard.close();
  });
});

describe('a resolver of the attacker', () => {
  const answers = (...turns: readonly (readonly string[])[]) => {
    let asked = 0;
    const find: NonNullable<GuardOptions['lookup']> = async () => {
      const turn = turns[Math.min(asked, turns.length - 1)] ?? [];
      asked += 1;
      return turn.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    return { find, asked: () => asked };
  };
  /** Stands for an address that may be reached; the one that may not is 127.0.0.1. */
  const open = { allowedRanges: ['::1/128'] };
  const url = () => `http://rebinding.example:${listeners.port}/v1`;

  it('that changes its mind after the check gains nothing: what was judged is what is connected to', async () => {
    const { find, asked } = answers(['::1'], ['127.0.0.1']);
    const guard = createGuard({ ...open, lookup: find });
    expect((await failureOf(saveAndCall(guard, url()))).type).toBe('model.invalid-answer');
    expect([asked(), listeners.visits()]).toEqual([1, 1]);
    // The next connection is looked up anew, and now it is refused.
    expect((await failureOf(saveAndCall(guard, url()))).type).toBe('model.misconfigured');
    expect([asked(), listeners.visits()]).toEqual([2, 0]);
    await guard.close();
  });

  it.each([
    ['a good address and a bad one', ['::1', '127.0.0.1']],
    ['a bad address and a good one', ['127.0.0.1', '::1']],
    ['a public address and this machine', ['93.184.216.34', '127.0.0.1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a short address', ['127.1']],
    ['a number', ['2130706433']],
    ['a name', ['localhost']],
    ['an address with a zone', ['fe80::1%lo']],
    ['a blank', ['']],
    ['nothing', []],
  ])('that says %s is refused as a whole', async (_what, addresses) => {
    const { find } = answers(addresses);
    const ends = await endsUnder({ ...open, lookup: find }, [url()]);
    expect(ends).toEqual(refusals([url()]));
    expect(listeners.visits()).toBe(0);
  });
});

describe('our own Postgres and Temporal', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', 'postgres.internal'])(
    'denied as %s, are reached by no form of their address, though loopback is allowed',
    async (denied) => {
      const options = {
        allowedRanges: ['127.0.0.0/8', '::1/128'],
        deniedEndpoints: [`${denied}:${listeners.port}`],
      };
      const urls = [
        ...urlsOf(
          forms.filter(({ leadsHere }) => leadsHere),
          'http',
        ),
        ...misleadingUrls(listeners.port),
      ];
      expect(await endsUnder(options, urls)).toEqual(refusals(urls));
      expect(listeners.visits()).toBe(0);
    },
  );
});
