import { z } from '@hono/zod-openapi';
import {
  deleteModel,
  listModels,
  modelName,
  modelShape,
  putModel,
  readDependents,
  readModel,
  replaceModel,
  setModelEnabled,
  type Dependents,
  type Model,
} from '../../registry/index.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, readRoute, slug, type Route } from '../route.ts';
import { flag, orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const body = z.strictObject(modelShape.shape).openapi('ModelWrite');
const shape = z
  .object({
    ...modelShape.shape,
    model: slug,
    name: z.string(),
    enabled: z.boolean(),
    price: modelShape.shape.price.nullable(),
  })
  .openapi('Model');
const dependents = z
  .object({
    isDefault: z.boolean(),
    assignmentCount: z.int(),
    assignments: z
      .array(z.object({ pipe: z.string(), behavior: z.string() }))
      .openapi({ description: 'The first 100.' }),
  })
  .openapi('Dependents');

export type ModelAnswer = z.output<typeof shape>;
export type ModelWrite = z.input<typeof body>;
export type DependentsAnswer = z.output<typeof dependents>;

const list = '/v1/orgs/{org}/models';
const one = '/v1/orgs/{org}/models/{model}';
const deleteQuery = writeQuery.extend({
  unassign: flag('True: whatever uses it falls to the default.'),
});

/** The models of an organization: what is chosen by name, each of one provider. */
export const models: readonly Route[] = [
  readRoute({
    path: list,
    summary: 'The models of an organization.',
    permission: 'models:read',
    query: pageQuery.extend({ provider: slug.optional() }),
    answers: { 200: pageOf(shape, 'ModelPage') },
    ask: ({ query: { limit, cursor, provider } }) =>
      listModels({ after: readCursor(cursor)[0] ?? '', limit, provider }),
    show: (found: readonly Model[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.model]),
    }),
  }),
  readRoute({
    path: one,
    summary: 'One model.',
    permission: 'models:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readModel(params.model),
    show: (found: Model) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Makes or replaces a model.',
    permission: 'models:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ params, body: values }, { database, change, ifMatch }) => {
      const changed = await putModel(database, change, params.model, values, ifMatch);
      return toReply(changed, change.dryRun, () => ({
        status: changed.result.current === null ? 201 : 200,
        body: { model: params.model, ...changed.after },
        revision: revisionOf(changed),
      }));
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Deletes a model that nothing uses, or with `unassign` any.',
    permission: 'models:write',
    tagged: true,
    query: deleteQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    problems: ['in-use'],
    handle: async ({ params, query }, { database, change, ifMatch }) => {
      const changed = await deleteModel(database, change, params.model, ifMatch, query.unassign === true);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
  readRoute({
    path: `${one}/dependents`,
    summary: 'What uses a model.',
    permission: 'models:read',
    answers: { 200: dependents },
    ask: ({ params }) => readDependents(params.model),
    show: (found: Dependents) => ({ body: found }),
  }),
  ...(['enable', 'disable'] as const).map((word) =>
    handleRoute({
      method: 'post',
      path: `${one}/${word}`,
      summary:
        word === 'enable' ? 'Switches a model on.' : 'Switches a model off, and keeps its assignments.',
      permission: 'models:write',
      tagged: true,
      query: writeQuery,
      answers: { 200: orDryRun(shape) },
      handle: async ({ params }, { database, change, ifMatch }) => {
        const changed = await setModelEnabled(database, change, params.model, word === 'enable', ifMatch);
        return toReply(changed, change.dryRun, () => ({
          body: { model: params.model, ...changed.after },
          revision: revisionOf(changed),
        }));
      },
    }),
  ),
  handleRoute({
    method: 'post',
    path: `${one}/replace`,
    summary: 'Lets another model take its place as default and in every assignment.',
    permission: 'models:write',
    tagged: true,
    query: writeQuery,
    body: z.strictObject({ model: modelName }).openapi('ModelReplace'),
    answers: { 200: orDryRun(z.object({ moved: z.int() }).openapi('ModelReplaced')) },
    handle: async ({ params, body: { model } }, { database, change, ifMatch }) => {
      const changed = await replaceModel(database, change, params.model, model, ifMatch);
      return toReply(changed, change.dryRun, () => ({ body: { moved: changed.result.moved } }));
    },
  }),
];
