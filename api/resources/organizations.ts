import { z } from '@hono/zod-openapi';
import {
  listOrganizations,
  patchPolicy,
  policyShape,
  putOrganization,
  readOrganization,
  readPolicy,
  type Organization,
  type Policy,
} from '../../registry/index.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, hostId, readRoute, type Route } from '../route.ts';
import { orDryRun, toReply, writeQuery } from '../written.ts';

const queues = z
  .array(z.string().min(1).max(200))
  .max(100)
  .openapi({ description: 'Task queues of engines to which runs may be sent; `*` for any.' });
const shape = z.object({ org: hostId, name: z.string(), engineQueues: queues }).openapi('Organization');
const body = z
  .strictObject({ name: z.string().min(1).max(200), engineQueues: queues.default([]) })
  .openapi('OrganizationWrite');
const policy = z
  .object({
    whenMissing: z.enum(['platform', 'fail']),
    onFailure: z.enum(['platform', 'cascade', 'none']),
    onExhausted: z.enum(['fail', 'park']),
    unclassified: z.string().nullable(),
    currency: z.string(),
    budget: z.record(z.string(), z.number()),
  })
  .openapi('Policy');
const policyBody = z.strictObject(policyShape.shape).openapi('PolicyPatch');

export type OrganizationAnswer = z.output<typeof shape>;
export type OrganizationWrite = z.input<typeof body>;
export type PolicyAnswer = z.output<typeof policy>;
export type PolicyPatch = z.input<typeof policyBody>;

const one = '/v1/orgs/{org}';

/** Organizations, which whoever runs the platform makes, and what failure may do in each. */
export const organizations: readonly Route[] = [
  handleRoute({
    method: 'get',
    path: '/v1/orgs',
    summary: 'Every organization; for whoever runs the platform.',
    permission: 'organizations:write',
    query: pageQuery,
    answers: { 200: pageOf(shape, 'OrganizationPage') },
    handle: async ({ query: { limit, cursor } }, { database }) => {
      const found = await listOrganizations(database, { after: readCursor(cursor)[0] ?? '', limit });
      return { body: toPage(found, limit, (row) => [row.org]) };
    },
  }),
  readRoute({
    path: one,
    summary: 'One organization.',
    permission: 'organizations:read',
    tagged: true,
    answers: { 200: shape },
    ask: () => readOrganization(),
    show: (found: Organization) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Makes an organization, or changes its name and the queues of its engines.',
    permission: 'organizations:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ params, body: values }, { database, change, ifMatch }) => {
      const changed = await putOrganization(database, change, values, ifMatch);
      return toReply(changed, change.dryRun, () => ({
        status: changed.result.current === null ? 201 : 200,
        body: { org: params.org, ...values },
        revision: changed.revision,
      }));
    },
  }),
  readRoute({
    path: `${one}/policy`,
    summary: 'What failure may do, and the budget of a run.',
    permission: 'policy:read',
    tagged: true,
    answers: { 200: policy },
    ask: () => readPolicy(),
    show: (found: Policy) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'patch',
    path: `${one}/policy`,
    summary: 'Changes the settings that are named; the others stay.',
    permission: 'policy:write',
    tagged: true,
    query: writeQuery,
    body: policyBody,
    answers: { 200: orDryRun(policy) },
    handle: async ({ body: named }, { database, change, ifMatch }) => {
      const changed = await patchPolicy(database, change, named, ifMatch);
      return toReply(changed, change.dryRun, () => ({ body: changed.after, revision: changed.revision }));
    },
  }),
];
