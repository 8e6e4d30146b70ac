import { z } from '@hono/zod-openapi';
import {
  deleteRoleBinding,
  listRoleBindings,
  putRoleBinding,
  readRoleBinding,
  type RoleBinding,
} from '../../registry/index.ts';
import { checkGrant, checkWithdrawal, faulty, grantShape } from '../check-grant.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, readRoute, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const shape = z
  .object({
    subject: z.string(),
    role: z.string(),
    pipes: z.array(z.string()).nullable(),
    createdAt: z.string(),
    createdBy: z.string(),
  })
  .openapi('RoleBinding');
const body = z.strictObject(grantShape).openapi('RoleBindingWrite');

export type RoleBindingAnswer = z.output<typeof shape>;
export type RoleBindingWrite = z.input<typeof body>;

const list = '/v1/orgs/{org}/role-bindings';
const one = '/v1/orgs/{org}/role-bindings/{subject}';
const lastAdmin = [
  'After this, no role binding makes anybody an org-admin here; a platform-admin can make one again.',
];

/** What the people of a host's identity provider may do, by the `issuer#sub` of their JWTs. */
export const roleBindings: readonly Route[] = [
  readRoute({
    path: list,
    summary: 'Who has which role in an organization.',
    permission: 'access:read',
    query: pageQuery,
    answers: { 200: pageOf(shape, 'RoleBindingPage') },
    ask: ({ query: { limit, cursor } }) => listRoleBindings({ after: readCursor(cursor)[0] ?? '', limit }),
    show: (found: readonly RoleBinding[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.subject]),
    }),
  }),
  readRoute({
    path: one,
    summary: 'The role of one subject.',
    permission: 'access:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readRoleBinding(params.subject),
    show: (found: RoleBinding) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Gives a subject a role, in place of the one it had here.',
    permission: 'access:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ params, body: wanted }, { database, change, principal, org, ifMatch }) => {
      checkGrant(principal, org, wanted);
      if (wanted.role === 'engine' && org === 'platform')
        throw faulty('/role', 'an engine is bound in the organizations that it serves');
      const { role, pipes = null } = wanted;
      const changed = await putRoleBinding(database, change, params.subject, { role, pipes }, ifMatch);
      const { current, written, lastAdminGone } = changed.result;
      return toReply(
        changed,
        change.dryRun,
        () => ({ status: current === null ? 201 : 200, body: written, revision: revisionOf(changed) }),
        lastAdminGone ? lastAdmin : [],
      );
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Takes the role of a subject away; also your own.',
    permission: 'access:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async ({ params }, { database, change, principal, org, ifMatch }) => {
      checkWithdrawal(principal, org);
      const changed = await deleteRoleBinding(database, change, params.subject, ifMatch);
      const warnings = changed.result.lastAdminGone ? lastAdmin : [];
      return toReply(changed, change.dryRun, () => ({ status: 204 }), warnings);
    },
  }),
];
