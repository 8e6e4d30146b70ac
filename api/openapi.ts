import { OpenAPIHono, z } from '@hono/zod-openapi';
import { problems, problemSchema, type ProblemType } from './problem.ts';
import { pathParameters, type ParameterName, type Route } from './route.ts';

/** Problems that any route may answer, beside its own. */
const everywhere: readonly ProblemType[] = [
  'bad-request',
  'unauthenticated',
  'forbidden',
  'not-found',
  'invalid',
  'too-many-requests',
  'unavailable',
];
const withBody: readonly ProblemType[] = ['too-large', 'unsupported-media-type'];

/** The OpenAPI 3.1 document, generated from the routes; `x-permission` is what a caller needs. */
export function toOpenApi(routes: readonly Route[]): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const route of routes) app.openAPIRegistry.registerPath(toPath(route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'pipe-byom',
      version: '1',
      description:
        'The management API: which models an organization brings, who may use them, and what they did.',
    },
    security: [{ bearer: [] }],
  });
}

function toPath(route: Route): Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0] {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as ParameterName);
  const params = Object.fromEntries(names.map((name) => [name, pathParameters[name]]));
  const reads = route.method === 'get';
  return {
    method: route.method,
    path: route.path,
    operationId: operationId(route),
    summary: route.summary,
    tags: [tagOf(route.path)],
    'x-permission': route.permission,
    request: {
      params: z.object(params),
      ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
      headers: z.object({
        ...(route.tagged === true && reads ? { 'if-none-match': z.string().optional() } : {}),
        ...(route.tagged === true && !reads ? { 'if-match': z.string().optional() } : {}),
        ...(route.repeatable === true ? { 'idempotency-key': z.string().optional() } : {}),
      }),
      ...(route.body === undefined
        ? {}
        : { body: { required: true, content: { 'application/json': { schema: route.body } } } }),
    },
    responses: { ...successes(route), ...failures(route) },
  };
}

function successes(route: Route): Record<string, object> {
  // A dry run has no state to name, and neither has a thing that is not set.
  const headers = route.tagged === true ? { headers: z.object({ etag: z.string().optional() }) } : {};
  const known = Object.entries(route.answers).map(([status, schema]) => [
    status,
    {
      description: statusWords[status] ?? 'Done.',
      ...headers,
      ...(schema === null ? {} : { content: { 'application/json': { schema } } }),
    },
  ]);
  const unchanged =
    route.tagged === true && route.method === 'get' ? { 304: { description: 'As you know it.' } } : {};
  return { ...(Object.fromEntries(known) as Record<string, object>), ...unchanged };
}

const statusWords: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken on; it goes on by itself.',
  204: 'Done; there is nothing to say.',
};

function failures(route: Route): Record<string, object> {
  const types = new Set([
    ...everywhere,
    ...(route.body === undefined ? [] : withBody),
    ...(route.tagged === true && route.method !== 'get' ? (['stale', 'precondition-required'] as const) : []),
    ...(route.problems ?? []),
  ]);
  const byStatus = new Map<number, string[]>();
  for (const type of types) {
    const { status, title } = problems[type];
    byStatus.set(status, [...(byStatus.get(status) ?? []), title]);
  }
  const ours = Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      {
        description: titles.join(' '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
  return { ...ours, 431: { description: 'Its head is too large to be read: the HTTP server says so.' } };
}

/** `putModels`, `listModels`: the method and the parts of the path that are no parameters. */
function operationId({ method, path, answers }: Route): string {
  const parts = path.split('/').slice(3);
  const words = parts.filter((part) => part !== '' && !part.startsWith('{'));
  const shown = answers[200];
  const isList = method === 'get' && shown instanceof z.ZodObject && 'items' in shown.shape;
  const verb = isList ? 'list' : method;
  const name = words
    .flatMap((word) => word.split('-'))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${verb}${name.join('') || 'Organization'}`;
}

function tagOf(path: string): string {
  return (
    path
      .split('/')
      .slice(4)
      .find((part) => !part.startsWith('{') && part !== 'pipes' && part !== 'behaviors') ?? 'organizations'
  );
}
