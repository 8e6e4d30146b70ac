import { z } from '@hono/zod-openapi';
import {
  deleteDataClass,
  listDataClasses,
  putDataClass,
  readDataClass,
  type DataClass,
} from '../../registry/index.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, hostId, readRoute, slug, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const approvals = {
  providers: z
    .array(slug)
    .max(100)
    .openapi({ description: 'The providers that are approved for this class; empty: none is.' }),
  platform: z
    .boolean()
    .optional()
    .openapi({ description: "Whether the platform's own models are approved." }),
};

const shape = z.object({ class: hostId, ...approvals, platform: z.boolean() }).openapi('DataClass');
const body = z.strictObject(approvals).openapi('DataClassWrite');

export type DataClassAnswer = z.output<typeof shape>;
export type DataClassWrite = z.input<typeof body>;

const list = '/v1/orgs/{org}/data-classes';
const one = '/v1/orgs/{org}/data-classes/{dataClass}';

/** Classes of data, and who is approved for each: a class without approvals permits nothing. */
export const dataClasses: readonly Route[] = [
  readRoute({
    path: list,
    summary: 'The classes of data of an organization.',
    permission: 'data-classes:read',
    query: pageQuery,
    answers: { 200: pageOf(shape, 'DataClassPage') },
    ask: ({ query: { limit, cursor } }) => listDataClasses({ after: readCursor(cursor)[0] ?? '', limit }),
    show: (found: readonly DataClass[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.class]),
    }),
  }),
  readRoute({
    path: one,
    summary: 'One class of data.',
    permission: 'data-classes:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readDataClass(params.dataClass),
    show: (found: DataClass) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Says who is approved for a class of data; the list is the whole list.',
    permission: 'data-classes:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ params, body: wanted }, { database, change, ifMatch }) => {
      const values = { providers: wanted.providers, platform: wanted.platform ?? false };
      const changed = await putDataClass(database, change, params.dataClass, values, ifMatch);
      return toReply(changed, change.dryRun, () => ({
        status: changed.result.current === null ? 201 : 200,
        body: { class: params.dataClass, ...changed.after },
        revision: revisionOf(changed),
      }));
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Forgets a class: runs of this class are then permitted nowhere.',
    permission: 'data-classes:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async ({ params }, { database, change, ifMatch }) => {
      const changed = await deleteDataClass(database, change, params.dataClass, ifMatch);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
];
