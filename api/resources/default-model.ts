import { z } from '@hono/zod-openapi';
import {
  deleteDefaultModel,
  modelName,
  putDefaultModel,
  readDefaultModel,
  type DefaultModel,
} from '../../registry/index.ts';
import { handleRoute, readRoute, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const shape = z.object({ model: z.string() }).openapi('DefaultModel');
const body = z.strictObject({ model: modelName }).openapi('DefaultModelWrite');
export type DefaultModelAnswer = z.output<typeof shape>;

const path = '/v1/orgs/{org}/default-model';

/** The one model that serves where nothing is assigned: a slug, or `platform/<slug>`. */
export const defaultModel: readonly Route[] = [
  readRoute({
    path,
    summary: 'The default model.',
    permission: 'default-model:read',
    tagged: true,
    answers: { 200: shape },
    ask: () => readDefaultModel(),
    show: (found: DefaultModel) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path,
    summary: 'Chooses the default model.',
    permission: 'default-model:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ body: { model } }, { database, change, ifMatch }) => {
      const changed = await putDefaultModel(database, change, model, ifMatch);
      return toReply(changed, change.dryRun, () => ({
        status: changed.result.current === null ? 201 : 200,
        body: { model },
        revision: revisionOf(changed),
      }));
    },
  }),
  handleRoute({
    method: 'delete',
    path,
    summary: 'Leaves the organization without a default.',
    permission: 'default-model:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async (_input, { database, change, ifMatch }) => {
      const changed = await deleteDefaultModel(database, change, ifMatch);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
];
