import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { findPrincipal, readAs, Refused, type KnownPrincipal } from '../registry/index.ts';
import type { ApiOptions } from './api-options.ts';
import type { Identified } from './authenticate.ts';
import { isKnown, readIfMatch, toEtag } from './etag.ts';
import { grantsIn, isAllowed, readGrants, type Principal } from './principal.ts';
import { Problem, problems, toResponse } from './problem.ts';
import type { Buckets } from './buckets.ts';
import { checkBody, readInput, type CheckedInput } from './read-input.ts';
import type { Reply, Route } from './route.ts';
import { createTimeBudget, type TimeBudget } from './time-budget.ts';
import { toProblem } from './to-problem.ts';

/** What one request left behind for a log. Ids only: no body, no query string, nothing secret. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern: `/v1/orgs/{org}/models/{model}`. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** `token:…`, `user:…` or `host:…`; null where nobody was known. */
  readonly actor: string | null;
  readonly org: string | null;
  /** Set where the fault is our own: the places in our code, without the message, which may hold a value. */
  readonly bug?: string;
}

/** What a request is served with. */
export interface Serving {
  readonly options: ApiOptions;
  readonly database: Knex;
  readonly identify: (request: Request) => Promise<Identified>;
  readonly buckets: Buckets;
}

/** Every answer comes within 2 s, whoever is out: what is left of them is for sending it. */
const budgetMs = 1_800;

/**
 * Serves one route. The order of checks is the same everywhere: 401, 404 for an organization that is not the caller's,
 * 403, 422, 404 for the thing itself; whoever may not see an organization learns nothing of what it holds.
 */
export async function serve(
  route: Route,
  request: Request,
  pathValues: Readonly<Record<string, string>>,
  serving: Serving,
): Promise<Response> {
  const started = performance.now();
  const requestId = requestIdOf(request);
  const seen: { actor: string | null } = { actor: null };
  let bug: string | undefined;
  const response = await answer(route, request, pathValues, serving, requestId, seen).catch(
    (error: unknown) => {
      const problem = toProblem(error);
      if (problem.type === 'internal') bug = placesOf(error);
      return toResponse(problem, requestId);
    },
  );
  serving.options.log?.({
    requestId,
    method: request.method,
    route: route.path,
    status: response.status,
    ms: Math.round((performance.now() - started) * 10) / 10,
    actor: seen.actor,
    org: pathValues['org'] ?? null,
    ...(bug === undefined ? {} : { bug }),
  });
  return response;
}

async function answer(
  route: Route,
  request: Request,
  pathValues: Readonly<Record<string, string>>,
  serving: Serving,
  requestId: string,
  seen: { actor: string | null },
): Promise<Response> {
  const budget = createTimeBudget(budgetMs);
  const identified = await budget.spend(() => serving.identify(request));
  if (identified === null) throw unauthenticated();
  const { org = 'platform' } = pathValues;
  const input = readInput(route, request, pathValues);
  const { principal, found, refusal } = await budget.spend(() =>
    lookUp(route, input, serving, identified, org),
  );
  if (principal === null) throw unauthenticated();
  seen.actor = `${principal.kind}:${principal.id}`;
  serving.buckets.take(seen.actor);
  if (grantsIn(principal, org).length === 0) throw new Problem('not-found');
  if (!isAllowed(principal, org, route.permission, pathValues['pipe'] ?? null))
    throw new Problem('forbidden');
  if (input.faults !== null) throw new Problem('invalid', problems.invalid.title, { errors: input.faults });
  if (refusal !== null) throw refusal;
  const reply =
    route.handle === undefined
      ? found === null
        ? null
        : (route.show?.(found as never, { ...input, body: undefined } as never, principal) ?? null)
      : await handle(route, request, input, serving, {
          principal,
          org,
          requestId,
          actor: seen.actor,
          budget,
        });
  if (reply === null) throw new Problem('not-found');
  return toAnswer(route, request, reply, requestId);
}

interface LookedUp {
  readonly principal: Principal | null;
  readonly found: unknown;
  /** Why the question itself was refused: for the caller to hear once it is clear that he may ask it. */
  readonly refusal: Problem | Refused | null;
}

async function lookUp(
  route: Route,
  input: CheckedInput,
  { database }: Serving,
  identified: NonNullable<Identified>,
  org: string,
): Promise<LookedUp> {
  const identity = 'identity' in identified ? identified.identity : null;
  const known = 'principal' in identified ? identified.principal : null;
  let refusal: Problem | Refused | null = null;
  if (route.ask !== undefined && input.faults === null) {
    try {
      const query = route.ask({ ...input, body: undefined } as never);
      const { principal, found } = await readAs(database, identity, org, query);
      return { principal: known ?? toPrincipal(principal), found, refusal };
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Refused)) throw error;
      refusal = error;
    }
  }
  const principal = known ?? toPrincipal(identity && (await findPrincipal(database, identity)));
  return { principal, found: null, refusal };
}

function toPrincipal(known: KnownPrincipal | null): Principal | null {
  return known && { kind: known.kind, id: known.id, grants: readGrants(known.grants) };
}

interface Caller {
  readonly principal: Principal;
  readonly org: string;
  readonly requestId: string;
  readonly actor: string;
  readonly budget: TimeBudget;
}

async function handle(
  route: Route,
  request: Request,
  input: CheckedInput,
  serving: Serving,
  { principal, org, requestId, actor, budget }: Caller,
): Promise<Reply> {
  const { options, database } = serving;
  const body = route.body === undefined ? undefined : await checkBody(route, route.body, request, options);
  const query = input.query as { readonly dry_run?: boolean } | undefined;
  const work = async (): Promise<Reply> =>
    (await route.handle?.({ params: input.params, query: input.query, body } as never, {
      database,
      options,
      principal,
      org,
      ifMatch: readIfMatch(request.headers.get('if-match')),
      idempotencyKey: request.headers.get('idempotency-key'),
      change: { org, actor, requestId, dryRun: query?.dry_run === true, signal: budget.signal },
      signal: request.signal,
    })) ?? {};
  return route.asksTemporal === true ? work() : budget.spend(work);
}

function toAnswer(route: Route, request: Request, reply: Reply, requestId: string): Response {
  const status = reply.status ?? 200;
  const headers = new Headers({ 'x-request-id': requestId, 'cache-control': 'no-store', ...reply.headers });
  if (reply.revision !== undefined) {
    headers.set('etag', toEtag(reply.revision));
    if (request.method === 'GET' && isKnown(request.headers.get('if-none-match'), reply.revision)) {
      return new Response(null, { status: 304, headers });
    }
  }
  const schema = route.answers[status];
  if (schema === undefined) throw new Error(`Route ${route.path} answers ${status} without saying so.`);
  if (schema === null) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(schema.parse(reply.body)), { status, headers });
}

function unauthenticated(): Problem {
  return new Problem('unauthenticated', problems.unauthenticated.title, {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function placesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [error instanceof Error ? error.name : typeof error, ...places.slice(0, 8)].join('\n');
}

/** The caller's own id where it is a plain one, so that its logs and ours meet. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}
