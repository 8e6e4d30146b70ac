import fc from 'fast-check';
import { routes } from '../../api/index.ts';
import {
  exampleOf,
  furnish,
  nameOf,
  needsTemporal,
  ownNames,
  platformAdmin,
  type Names,
} from '../api/examples.ts';
import { openApiWorld, type ApiWorld, type As } from '../api/world.ts';
import { createConformance } from './api-conformance.ts';

/** `npm run fuzz` says how many requests; else it is a slice of them, another one with another `BYOM_SEED`. */
const requests = Number(process.env['BYOM_FUZZ_API'] ?? 2_000);
const seed = Number(process.env['BYOM_SEED'] ?? 1);
const lanes = 8;

const callers: readonly As[] = [
  { org: 'acme', role: 'org-admin' },
  platformAdmin,
  { org: 'acme', role: 'pipe-admin', pipes: ['p-1'] },
  { org: 'acme', role: 'viewer' },
  { org: 'globex', role: 'org-admin' },
];

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
  await furnish(world, 'acme');
  await furnish(world, 'globex');
  for (const as of callers) await world.tokenOf(as);
});
afterAll(() => world.close());

const acme = ownNames('acme');
const names = routes.map(nameOf);
const routeOf = new Map(routes.map((route) => [nameOf(route), route]));
const queryNames = [
  ...new Set(
    routes.flatMap(({ query }) => Object.keys((query as { shape?: object } | undefined)?.shape ?? {})),
  ),
];

const strange = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '\0',
    'a\0b',
    '../..',
    'platform',
    '__proto__',
    '%',
    '%00',
    ' ',
    'x'.repeat(129),
    '\u202e',
    '🜁',
  ),
);
const cursor = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
const date = fc.date({ noInvalidDate: true }).map((one) => one.toISOString());
const digits = fc.bigInt().map(String);

/** One thing done to the example of a route. Numbers are taken modulo what there is. */
const aChange = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), at: fc.nat(), value: fc.jsonValue() }),
  fc.record({ kind: fc.constant('text' as const), at: fc.nat(), value: fc.oneof(strange, date, digits) }),
  fc.record({ kind: fc.constant('drop' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('add' as const), at: fc.nat(), key: strange, value: fc.jsonValue() }),
);
type Change = typeof aChange extends fc.Arbitrary<infer T> ? T : never;

const aRequest = fc.record({
  route: fc.constantFrom(...names),
  as: fc.oneof({ weight: 4, arbitrary: fc.constant(callers[0] as As) }, fc.constantFrom(...callers)),
  /** Whose names, and one of them replaced by something that may be no name. */
  own: fc.constantFrom<Partial<Names>>(
    {},
    {},
    { provider: 'main', model: 'light', pipe: 'p-1', behavior: 'b-1' },
  ),
  replaced: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    fc.tuple(fc.constantFrom(...Object.keys(acme)), strange),
  ),
  query: fc.oneof(
    { weight: 3, arbitrary: fc.constant<[string, string][]>([]) },
    fc.array(
      fc.tuple(
        fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...queryNames) }, strange),
        fc.oneof(fc.constantFrom('true', '1', '5'), strange, cursor, date, digits),
      ),
      { maxLength: 2 },
    ),
  ),
  changes: fc.oneof(fc.constant<Change[]>([]), fc.array(aChange, { maxLength: 2 })),
  raw: fc.oneof(
    { weight: 30, arbitrary: fc.constant(null) },
    fc.string(),
    fc.json(),
    fc.uint8Array({ maxLength: 40 }),
  ),
  type: fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    fc.constantFrom('text/plain', 'application/json; charset=utf-8', 'application/merge-patch+json'),
  ),
  ifMatch: fc.constantFrom('*', '*', '*', '', '"1"', '"2", W/"3"', 'x'),
});
type ARequest = typeof aRequest extends fc.Arbitrary<infer T> ? T : never;

/** Every place of a value, the value itself first. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, part]) => placesOf(part).map((rest) => [key, ...rest]))
      : [];
  return [[], ...inside];
}

function changed(value: unknown, [key, ...rest]: readonly string[], change: Change): unknown {
  if (key === undefined) {
    if (change.kind === 'drop') return undefined;
    if (change.kind !== 'add') return change.value;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value, [change.key]: change.value }
      : [value, change.value];
  }
  const part = changed((value as Record<string, unknown>)[key], rest, change);
  if (Array.isArray(value)) return value.map((one: unknown, index) => (String(index) === key ? part : one));
  return { ...(value as object), [key]: part };
}

function mutate(body: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((value: unknown, change) => {
    const places = placesOf(value);
    return changed(value, places[change.at % places.length] ?? [], change);
  }, body);
}

const conforms = createConformance();
const ends = new Map<number, number>();
/** Answers of 503 on a busy machine: a lock or a connection that was waited for too long. */
let away = 0;

/** Sends it, and says what is wrong with the answer. */
async function complaintOf(one: ARequest): Promise<string | null> {
  const route = routeOf.get(one.route)!;
  const { method, path, body } = exampleOf(route, {
    ...acme,
    ...one.own,
    ...(one.replaced === null ? {} : { [one.replaced[0]]: one.replaced[1].toWellFormed() }),
  });
  const search = new URLSearchParams(
    one.query.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  const text = JSON.stringify(body === undefined ? undefined : mutate(body, one.changes));
  const sent = one.raw ?? text;
  const takesBody = method !== 'GET' && sent !== undefined;
  const response = await world.api.fetch(
    new Request(`http://api.test${path}?${search}`, {
      method,
      headers: {
        authorization: `Bearer ${await world.tokenOf(one.as)}`,
        ...(takesBody ? { 'content-type': one.type } : {}),
        ...(one.ifMatch === '' ? {} : { 'if-match': one.ifMatch }),
      },
      ...(takesBody ? { body: sent as string } : {}),
    }),
  );
  const { status, headers } = response;
  ends.set(status, (ends.get(status) ?? 0) + 1);
  const answer = { status, headers, text: await response.text() };
  // An empty name makes another path, which nobody declared.
  if (one.replaced !== null && ['', '.', '..'].includes(one.replaced[1].trim())) return null;
  if (status >= 500 && status !== 503) return `${status} ${answer.text}`;
  if (status === 503 && !needsTemporal(route)) away += 1;
  return conforms(route.method, route.path, answer);
}

async function fuzz(lane: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(aRequest, async (one) => {
      expect([one.route, await complaintOf(one)]).toEqual([one.route, null]);
    }),
    { seed: seed * 1_000 + lane, numRuns: requests / lanes, endOnFailure: true },
  );
}

test(
  `${requests} strange requests are answered as the document says (seed ${seed})`,
  async () => {
    await Promise.all(Array.from({ length: lanes }, (_none, lane) => fuzz(lane)));
    expect(away).toBeLessThan(requests / 100);
    // Requests that are all refused, or all taken, would prove nothing.
    expect(ends.get(201)).toBeGreaterThan(0);
    for (const status of [200, 400, 403, 404, 422])
      expect([status, (ends.get(status) ?? 0) > requests / 200]).toEqual([status, true]);
  },
  20 * 60_000,
);
