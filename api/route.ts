import type { Knex } from 'knex';
import { z } from '@hono/zod-openapi';
import type { ChangeOptions, IfMatch, OrgQuery } from '../registry/index.ts';
import type { ApiOptions } from './api-options.ts';
import type { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import type { ProblemType } from './problem.ts';

/** What can be seen, at least: no control character. Without a flag, as a pattern of JSON Schema has none. */
const visible = String.raw`[^\u0000-\u001f\u007f-\u009f]`;

/** The form of a text of 1 to `max` characters, none of them a control character. */
export function visibleText(max: number): RegExp {
  return new RegExp(`^${visible}{1,${max}}$`);
}

/** Ids of the host's: opaque, but never with a character that nobody can see. */
export const hostId = z
  .string()
  .regex(visibleText(128), 'must have 1 to 128 characters, none a control character');
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a slug: lower-case letters, digits and hyphens, 63 at most');

const ownSlug = slug.refine((name) => name !== 'platform', 'is reserved for the platform');

/** What a path may hold between braces, by name; one meaning per name in the whole API. */
export const pathParameters = {
  org: hostId,
  pipe: hostId,
  behavior: hostId,
  provider: ownSlug,
  model: ownSlug,
  dataClass: hostId,
  workflowId: z
    .string()
    .regex(visibleText(1_000), 'must have 1 to 1,000 characters, none a control character'),
  test: z.uuid(),
  token: z.string().regex(/^[a-z0-9]{12}$/),
  subject: z
    .string()
    .max(512)
    .regex(
      new RegExp(`^${visible.replace(']', '#]')}+#${visible}+$`),
      'must be <issuer>#<sub>, percent-encoded',
    ),
} as const;

export type ParameterName = keyof typeof pathParameters;
type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Parameters<Path extends string> = { readonly [Name in Names<Path>]: string };

/** What came with a request, checked. */
interface Input<Path extends string, Query, Body> {
  readonly params: Parameters<Path>;
  readonly query: Query;
  readonly body: Body;
}

/** What a handler that does more than read needs to know of its request and of the API. */
export interface Call {
  readonly database: Knex;
  readonly options: ApiOptions;
  readonly principal: Principal;
  readonly org: string;
  readonly ifMatch: IfMatch;
  readonly idempotencyKey: string | null;
  /** For `changeAs`: who, which request, and whether for real. */
  readonly change: ChangeOptions;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status?: number;
  /** Left out for 204. Checked against the schema of its status: what the schema does not name is not sent. */
  readonly body?: unknown;
  /** Becomes the ETag. */
  readonly revision?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface RouteParts<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  readonly path: Path;
  readonly summary: string;
  readonly permission: Permission;
  readonly query?: Query;
  readonly body?: Body;
  /** The body is passed on and not kept in Postgres, so its texts may hold any character. */
  readonly anyText?: boolean;
  /** Schemas of what success looks like, by status; null for an empty body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Problems beyond those that any route of its kind may answer. */
  readonly problems?: readonly ProblemType[];
  /** Answers carry an ETag, and a GET honours If-None-Match. */
  readonly tagged?: boolean;
  /** Waits for Temporal as well, whose answers are not held to the time that Postgres has. */
  readonly asksTemporal?: boolean;
  /** Takes an Idempotency-Key. */
  readonly repeatable?: boolean;
}

/** A read: one question to Postgres, in which the caller is looked up as well. */
export interface ReadParts<Path extends string, Query extends z.ZodType> extends RouteParts<
  Path,
  Query,
  z.ZodNever
> {
  readonly ask: (
    input: Input<Path, z.output<Query>, undefined>,
    principal: Pick<Principal, 'kind'> | null,
  ) => OrgQuery;
  /** Null: there is no such thing (404). */
  readonly show: (
    found: never,
    input: Input<Path, z.output<Query>, undefined>,
    principal: Principal,
  ) => Reply | null;
}

export interface HandleParts<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
> extends RouteParts<Path, Query, Body> {
  readonly handle: (input: Input<Path, z.output<Query>, z.output<Body>>, call: Call) => Promise<Reply>;
}

/** A route as the table holds it, of whatever shape. */
export type Route = RouteParts<string, z.ZodType, z.ZodType> & {
  readonly ask?: (input: Input<string, never, never>) => OrgQuery;
  readonly show?: (found: never, input: Input<string, never, never>, principal: Principal) => Reply | null;
  readonly handle?: (input: Input<string, never, never>, call: Call) => Promise<Reply>;
};

export function readRoute<Path extends string, Query extends z.ZodType = z.ZodUndefined>(
  parts: Omit<ReadParts<Path, Query>, 'method' | 'body'>,
): Route {
  return { ...parts, method: 'get' } as unknown as Route;
}

/** Everything that changes something, or asks somebody else than Postgres. */
export function handleRoute<
  Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(parts: HandleParts<Path, Query, Body>): Route {
  return parts as unknown as Route;
}
