import { z } from '@hono/zod-openapi';
import {
  applyAssignments,
  deleteAssignment,
  modelName,
  putAssignment,
  readAssignment,
  type Assignment,
} from '../../registry/index.ts';
import { handleRoute, hostId, readRoute, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const shape = z.object({ model: z.string() }).openapi('Assignment');
const body = z.strictObject({ model: modelName }).openapi('AssignmentWrite');
const bulk = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          behavior: hostId,
          model: modelName.nullable().openapi({ description: 'Null takes the assignment away.' }),
          ifMatch: z.string().max(64).optional(),
        }),
      )
      .min(1)
      .max(500),
  })
  .openapi('AssignmentsApply');

export type AssignmentAnswer = z.output<typeof shape>;
export type AssignmentsApply = z.input<typeof bulk>;

const one = '/v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment';

/** Which model serves a Behavior: all that a pipe-admin may write, and never a way to loosen a rule. */
export const assignments: readonly Route[] = [
  readRoute({
    path: one,
    summary: 'The model that is assigned to a Behavior.',
    permission: 'assignments:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readAssignment(params),
    show: (found: Assignment) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Assigns a model to a Behavior.',
    permission: 'assignments:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    handle: async ({ params, body: { model } }, { database, change, ifMatch }) => {
      const changed = await putAssignment(database, change, params, model, ifMatch);
      return toReply(changed, change.dryRun, () => ({
        status: changed.result.current === null ? 201 : 200,
        body: { model },
        revision: revisionOf(changed),
      }));
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Lets a Behavior use the default again. Its rules stay.',
    permission: 'assignments:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async ({ params }, { database, change, ifMatch }) => {
      const changed = await deleteAssignment(database, change, params, ifMatch);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
  handleRoute({
    method: 'post',
    path: '/v1/orgs/{org}/pipes/{pipe}/assignments/apply',
    summary: 'Changes many assignments of a pipe at once: all of them or none.',
    permission: 'assignments:write',
    query: writeQuery,
    body: bulk,
    answers: { 200: orDryRun(z.object({ changed: z.boolean() }).openapi('AssignmentsApplied')) },
    problems: ['stale'],
    handle: async ({ params, body: { items } }, { database, change }) => {
      const changed = await applyAssignments(database, change, params.pipe, items);
      return toReply(changed, change.dryRun, () => ({ body: { changed: changed.changed } }));
    },
  }),
];
