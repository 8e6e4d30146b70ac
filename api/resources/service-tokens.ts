import { z } from '@hono/zod-openapi';
import {
  listServiceTokens,
  makeServiceToken,
  readServiceToken,
  revokeServiceToken,
  type ServiceToken,
} from '../../registry/index.ts';
import { checkGrant, checkWithdrawal, faulty, grantShape } from '../check-grant.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { readRepeatable } from '../read-repeatable.ts';
import { handleRoute, hostId, readRoute, visibleText, type Route } from '../route.ts';
import { makeToken } from '../token.ts';
import { orDryRun, toReply, writeQuery } from '../written.ts';

const shape = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.string(),
    pipes: z.array(z.string()).nullable(),
    orgs: z.array(z.string()).nullable(),
    createdAt: z.string(),
    createdBy: z.string(),
    expiresAt: z.string(),
    revokedAt: z.string().nullable(),
  })
  .openapi('ServiceToken');
const made = shape
  .extend({
    token: z.string().nullable().openapi({ description: 'Shown in this one answer, and never again.' }),
    note: z.string().optional(),
  })
  .openapi('NewServiceToken');

const body = z
  .strictObject({
    name: z.string().regex(visibleText(200), 'must have 1 to 200 characters, none a control character'),
    ...grantShape,
    orgs: z
      .array(hostId)
      .min(1)
      .max(100)
      .transform((orgs) => [...new Set(orgs)].toSorted())
      .optional()
      .openapi({ description: 'For an engine of several organizations; only under `platform`.' }),
    expiresInDays: z.int().min(1).max(366),
  })
  .openapi('ServiceTokenWrite');

export type ServiceTokenAnswer = z.output<typeof shape>;
export type NewServiceToken = z.output<typeof made>;
export type ServiceTokenWrite = z.input<typeof body>;

const list = '/v1/orgs/{org}/service-tokens';
const one = '/v1/orgs/{org}/service-tokens/{token}';
const shownBefore =
  'This is the answer to a repeated request: the token was shown in the first answer and is kept nowhere. If it is lost, revoke it and make another one.';

/** Tokens of engines, pipelines and people without a login. To rotate one, make a second, move over, revoke the first. */
export const serviceTokens: readonly Route[] = [
  readRoute({
    path: list,
    summary: 'The service tokens of an organization, newest first; never the tokens themselves.',
    permission: 'access:read',
    query: pageQuery,
    answers: { 200: pageOf(shape, 'ServiceTokenPage') },
    ask: ({ query: { limit, cursor } }) => listServiceTokens({ after: readCursor(cursor), limit }),
    show: (found: readonly ServiceToken[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.createdAt, row.id]),
    }),
  }),
  readRoute({
    path: one,
    summary: 'What is known of one service token.',
    permission: 'access:read',
    answers: { 200: shape },
    ask: ({ params }) => readServiceToken(params.token),
    show: (found: ServiceToken) => ({ body: found }),
  }),
  handleRoute({
    method: 'post',
    path: list,
    summary: 'Makes a service token and shows it once.',
    permission: 'access:write',
    repeatable: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(made), 201: made },
    handle: async ({ params: { org }, body: wanted }, call) => {
      checkGrant(call.principal, org, wanted);
      checkOrgs(org, wanted);
      const { name, role, pipes = null, orgs = null, expiresInDays } = wanted;
      const { id, token, hash } = makeToken();
      const toMake = { id, hash, name, role, pipes, orgs, lifetimeHours: expiresInDays * 24 };
      const repeatable = readRepeatable(call, `POST ${list}`, wanted);
      const changed = await makeServiceToken(call.database, call.change, toMake, repeatable);
      const { found, repeated } = changed.result;
      return toReply(changed, call.change.dryRun, () =>
        repeated
          ? { body: { ...found, token: null, note: shownBefore } }
          : { status: 201, body: { ...found, token }, headers: { location: `${locationOf(org)}/${id}` } },
      );
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Revokes a service token at once.',
    permission: 'access:write',
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async ({ params }, { database, change, principal, org }) => {
      checkWithdrawal(principal, org);
      const changed = await revokeServiceToken(database, change, params.token);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
];

/** Only an engine reaches several organizations with one token, and only where the platform gives it out. */
function checkOrgs(org: string, { role, orgs }: z.output<typeof body>): void {
  if (orgs === undefined) {
    if (org === 'platform' && role === 'engine')
      throw faulty('/orgs', 'an engine of the platform needs the organizations that it serves');
    return;
  }
  if (org !== 'platform' || role !== 'engine')
    throw faulty('/orgs', 'is for an engine under organization platform; elsewhere leave it out');
  if (orgs.includes('platform')) throw faulty('/orgs', 'no engine runs for organization platform');
}

function locationOf(org: string): string {
  return list.replace('{org}', encodeURIComponent(org));
}
