import type { routes } from '../../api/index.ts';
import { ask } from '../support/database.ts';
import type { ApiWorld, As } from './world.ts';

/** A request that its route would carry out, for whoever may. */
export interface Example {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

type TableRoute = (typeof routes)[number];

export const platformAdmin: As = { org: 'platform', role: 'platform-admin' };
export const canaryOf = (org: string): string => `canary-${org}`;

/** `PUT /v1/orgs/{org}/models/{model}`: how tests name a route. */
export const nameOf = ({ method, path }: TableRoute): string => `${method.toUpperCase()} ${path}`;

/** Things of `org` that nobody else has: the same names in every organization, each with its canary inside. */
export const ownNames = (org: string) => ({
  org,
  pipe: `p-${canaryOf(org)}`,
  behavior: `b-${canaryOf(org)}`,
  provider: `provider-${canaryOf(org)}`,
  model: `model-${canaryOf(org)}`,
  dataClass: `class-${canaryOf(org)}`,
  workflowId: `byom:${org}:b-${canaryOf(org)}:evt-1`,
  test: testIdOf(org),
  token: tokenIdOf(org),
  subject: `https://issuer.example#${canaryOf(org)}`,
});

export type Names = ReturnType<typeof ownNames>;

const hexOf = (org: string): string => Buffer.from(org).toString('hex').padEnd(12, '0').slice(0, 12);
const testIdOf = (org: string): string => `00000000-0000-4000-8000-${hexOf(org)}`;
const tokenIdOf = (org: string): string => hexOf(org);

const providerBody = (org: string) => ({
  vendor: 'custom',
  name: `Second provider of ${canaryOf(org)}`,
  settings: { baseUrl: `https://second.${canaryOf(org)}.example/v1` },
});
const rulesBody = (org: string) => ({ dataClass: ownNames(org).dataClass, providers: ['main'] });
const modelBody = (org: string) => ({
  provider: 'main',
  upstreamId: `second-${canaryOf(org)}`,
  name: `Second model of ${canaryOf(org)}`,
  supports: { streaming: true },
  limits: { maxOutputTokens: 100 },
  price: { input: '1', output: '2', cachedInput: '0.5' },
});

const runBody = (org: string) => ({
  version: 1,
  org,
  pipe: ownNames(org).pipe,
  engineTaskQueue: 'engine',
  event: { id: 'evt-2', type: 'card_created' },
  behavior: {
    id: ownNames(org).behavior,
    name: `Behavior of ${canaryOf(org)}`,
    answer: 'text',
    dataClass: null,
    instruction: 'Sum it up.',
    knowledge: [],
    actions: [],
  },
  card: { id: 'card-1', title: `Card of ${canaryOf(org)}`, fields: [] },
});

/** A secret that an example carries in; it must come out nowhere. */
export const carriedSecret = 'sk-carried-in-by-an-example-0123456789';

/**
 * What a route is sent, by its name: a body where it takes one (null: none). A route that is not here fails
 * `matrix.pg.test.ts`.
 */
const bodies: Readonly<Record<string, ((org: string) => unknown) | null>> = {
  'GET /v1/orgs': null,
  'GET /v1/orgs/{org}': null,
  'PUT /v1/orgs/{org}': (org) => ({ name: `Name of ${canaryOf(org)}`, engineQueues: ['engine'] }),
  'GET /v1/orgs/{org}/policy': null,
  'PATCH /v1/orgs/{org}/policy': () => ({ onFailure: 'none', budget: { callsPerRound: 3 } }),
  'GET /v1/orgs/{org}/providers': null,
  'GET /v1/orgs/{org}/providers/{provider}': null,
  'PUT /v1/orgs/{org}/providers/{provider}': providerBody,
  'DELETE /v1/orgs/{org}/providers/{provider}': null,
  'POST /v1/orgs/{org}/providers/{provider}/enable': null,
  'POST /v1/orgs/{org}/providers/{provider}/disable': null,
  'GET /v1/orgs/{org}/providers/{provider}/credential': null,
  'PUT /v1/orgs/{org}/providers/{provider}/credential': () => ({ apiKey: carriedSecret }),
  'DELETE /v1/orgs/{org}/providers/{provider}/credential': null,
  'GET /v1/orgs/{org}/models': null,
  'GET /v1/orgs/{org}/models/{model}': null,
  'PUT /v1/orgs/{org}/models/{model}': modelBody,
  'DELETE /v1/orgs/{org}/models/{model}': null,
  'GET /v1/orgs/{org}/models/{model}/dependents': null,
  'POST /v1/orgs/{org}/models/{model}/enable': null,
  'POST /v1/orgs/{org}/models/{model}/disable': null,
  'POST /v1/orgs/{org}/models/{model}/replace': () => ({ model: 'strict' }),
  'GET /v1/orgs/{org}/default-model': null,
  'PUT /v1/orgs/{org}/default-model': () => ({ model: 'strict' }),
  'DELETE /v1/orgs/{org}/default-model': null,
  'GET /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment': null,
  'PUT /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment': () => ({ model: 'light' }),
  'DELETE /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment': null,
  'POST /v1/orgs/{org}/pipes/{pipe}/assignments/apply': (org) => ({
    items: [{ behavior: ownNames(org).behavior, model: 'light', ifMatch: '*' }],
  }),
  'GET /v1/orgs/{org}/pipes/{pipe}/rules': null,
  'PUT /v1/orgs/{org}/pipes/{pipe}/rules': rulesBody,
  'DELETE /v1/orgs/{org}/pipes/{pipe}/rules': null,
  'GET /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/rules': null,
  'PUT /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/rules': rulesBody,
  'DELETE /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/rules': null,
  'GET /v1/orgs/{org}/data-classes': null,
  'GET /v1/orgs/{org}/data-classes/{dataClass}': null,
  'PUT /v1/orgs/{org}/data-classes/{dataClass}': () => ({ providers: ['main', 'legal'], platform: false }),
  'DELETE /v1/orgs/{org}/data-classes/{dataClass}': null,
  'GET /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/resolution': null,
  'GET /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/model-options': null,
  'GET /v1/orgs/{org}/assignments': null,
  'GET /v1/orgs/{org}/attention': null,
  'GET /v1/orgs/{org}/usage': null,
  'GET /v1/orgs/{org}/audit-events': null,
  'POST /v1/orgs/{org}/runs': runBody,
  'GET /v1/orgs/{org}/runs': null,
  'GET /v1/orgs/{org}/runs/{workflowId}': null,
  'POST /v1/orgs/{org}/runs/{workflowId}/abort': () => ({ reason: 'No longer needed.' }),
  'POST /v1/orgs/{org}/providers/{provider}/test': null,
  'POST /v1/orgs/{org}/provider-tests': (org) => ({
    vendor: 'custom',
    settings: { baseUrl: `https://draft.${canaryOf(org)}.example/v1` },
    credential: { apiKey: carriedSecret },
    upstreamId: 'light-1',
    provider: ownNames(org).provider,
  }),
  'GET /v1/orgs/{org}/provider-tests/{test}': null,
  'GET /v1/orgs/{org}/providers/{provider}/available-models': null,
  'GET /v1/orgs/{org}/service-tokens': null,
  'GET /v1/orgs/{org}/service-tokens/{token}': null,
  'POST /v1/orgs/{org}/service-tokens': (org) => ({
    name: `Token of ${canaryOf(org)}`,
    role: 'pipe-admin',
    pipes: [ownNames(org).pipe],
    expiresInDays: 1,
  }),
  'DELETE /v1/orgs/{org}/service-tokens/{token}': null,
  'GET /v1/orgs/{org}/role-bindings': null,
  'GET /v1/orgs/{org}/role-bindings/{subject}': null,
  'PUT /v1/orgs/{org}/role-bindings/{subject}': () => ({ role: 'operator' }),
  'DELETE /v1/orgs/{org}/role-bindings/{subject}': null,
};

/** Routes that nothing but Temporal can carry out; an API without it answers whoever may use them with 503. */
const needTemporal = [
  'POST /v1/orgs/{org}/runs',
  'POST /v1/orgs/{org}/runs/{workflowId}/abort',
  'POST /v1/orgs/{org}/providers/{provider}/test',
  'POST /v1/orgs/{org}/provider-tests',
  'GET /v1/orgs/{org}/providers/{provider}/available-models',
];
export const needsTemporal = (route: TableRoute): boolean => needTemporal.includes(nameOf(route));

export const hasExample = (route: TableRoute): boolean => Object.hasOwn(bodies, nameOf(route));

/** The example of a route, with the names of things in `names`; `org` says whose body it is. */
export function exampleOf(
  route: TableRoute,
  names: Names,
  query: Readonly<Record<string, string>> = {},
): Example {
  const body = bodies[nameOf(route)]?.(names.org);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(names[name as keyof Names]),
  );
  const search = new URLSearchParams(query).toString();
  return {
    method: route.method.toUpperCase(),
    path: search === '' ? path : `${path}?${search}`,
    ...(body === undefined ? {} : { body }),
    headers: route.method === 'get' ? {} : { 'if-match': '*' },
  };
}

/** Can the route be asked what it would do? */
export function takesDryRun(route: TableRoute): boolean {
  return Object.hasOwn((route.query as { readonly shape?: object } | undefined)?.shape ?? {}, 'dry_run');
}

/** Gives `org` one of everything that a path can name, under `ownNames`. */
export async function furnish(world: ApiWorld, org: string): Promise<void> {
  const names = ownNames(org);
  const base = `/v1/orgs/${org}`;
  const at = `${base}/pipes/${names.pipe}`;
  for (const [path, body] of [
    [`${base}/providers/${names.provider}`, providerBody(org)],
    [`${base}/providers/${names.provider}/credential`, { apiKey: `${carriedSecret}-${org}` }],
    [`${base}/models/${names.model}`, modelBody(org)],
    [`${base}/data-classes/${names.dataClass}`, { providers: ['main'] }],
    [`${at}/rules`, rulesBody(org)],
    [`${at}/behaviors/${names.behavior}/rules`, rulesBody(org)],
    [`${at}/behaviors/${names.behavior}/assignment`, { model: 'light' }],
  ] as const) {
    const said = await world.call('PUT', path, { as: platformAdmin, body });
    if (said.status !== 201) throw new Error(`${path} was answered ${said.status}: ${said.text}`);
  }
  await insertRows(world, names);
}

const draftOf = ({ org, provider, model }: Names) => ({
  version: 1,
  status: 'completed',
  answeredBy: { layer: 'behavior', provider, model, vendor: 'custom' },
  requested: { layer: 'behavior', model },
  reason: 'assigned',
  failure: null,
  abort: null,
  hops: [],
  skipped: [],
  actions: [],
  text: `Answer of ${canaryOf(org)}`,
});

/** What only workers and people write: a token, a binding, a test, a run with its attempt. */
async function insertRows(world: ApiWorld, names: Names): Promise<void> {
  const { superuserUrl } = world.database;
  const canary = canaryOf(names.org);
  await ask(
    superuserUrl,
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, expires_at, created_by)
     values ($1, $2, sha256($3::bytea), $3, 'viewer', now() + interval '1 hour', $3)`,
    [names.org, names.token, canary],
  );
  await ask(
    superuserUrl,
    `insert into byom.role_bindings (org_id, subject, role, created_by) values ($1, $2, 'viewer', $3)`,
    [names.org, names.subject, canary],
  );
  await ask(
    superuserUrl,
    `insert into byom.provider_tests (org_id, id, provider, vendor, settings, audience, requested_by)
     values ($1, $2, $3, 'custom', jsonb_build_object('baseUrl', 'https://' || $4::text), $4, $4)`,
    [names.org, names.test, names.provider, canary],
  );
  await ask(
    superuserUrl,
    `insert into byom.attempts (org_id, run_id, call, workflow_id, first_run_id, pipe_id, behavior_id, round, hop,
       attempt, purpose, layer, reason, provider, model, vendor, state, currency, revision, question, input_tokens)
     values ($1, $2, 1, $3, $2, $4, $5, 1, 1, 1, 'answer', 'behavior', 'assigned', $6, $7, 'custom', 'answered', 'USD',
       1, '{}', 10)`,
    [names.org, `run-${canary}`, names.workflowId, names.pipe, names.behavior, names.provider, names.model],
  );
  await ask(
    superuserUrl,
    `insert into byom.runs (org_id, workflow_id, run_id, first_run_id, asked_at_ms, pipe_id, behavior_id, draft, sums,
       status, recorded_at)
     values ($1, $2, $3, $3, 1, $4, $5, $6, $7, 'completed', now())`,
    [
      names.org,
      names.workflowId,
      `run-${canary}`,
      names.pipe,
      names.behavior,
      JSON.stringify(draftOf(names)),
      JSON.stringify({ hops: [], usage: null, cost: null, credits: null }),
    ],
  );
}
