import { z } from '@hono/zod-openapi';
import { deleteRules, putRules, readRules, ruleShape, type Rules } from '../../registry/index.ts';
import { handleRoute, readRoute, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const body = z.strictObject(ruleShape.shape).openapi('RulesWrite');
const shape = z.object(ruleShape.shape).openapi('Rules');

export type RulesAnswer = z.output<typeof shape>;
export type RulesWrite = z.input<typeof body>;

/** The same three routes, for the rules of a Behavior and for those of a whole pipe. */
function rulesAt(path: `${string}{pipe}${string}`, whose: string): readonly Route[] {
  const placeOf = (params: object) => {
    const { pipe, behavior } = params as { readonly pipe: string; readonly behavior?: string };
    return { pipe, behavior: behavior ?? null };
  };
  return [
    readRoute({
      path,
      summary: `The rules of ${whose}.`,
      permission: 'rules:read',
      tagged: true,
      answers: { 200: shape },
      ask: ({ params }) => readRules(placeOf(params)),
      show: (found: Rules) => ({ body: found, revision: found.revision }),
    }),
    handleRoute({
      method: 'put',
      path,
      summary: `Replaces the rules of ${whose}.`,
      permission: 'rules:write',
      tagged: true,
      query: writeQuery,
      body,
      answers: { 200: orDryRun(shape), 201: shape },
      handle: async ({ params, body: values }, { database, change, ifMatch }) => {
        const changed = await putRules(database, change, placeOf(params), values, ifMatch);
        return toReply(changed, change.dryRun, () => ({
          status: changed.result.current === null ? 201 : 200,
          body: changed.after,
          revision: revisionOf(changed),
        }));
      },
    }),
    handleRoute({
      method: 'delete',
      path,
      summary: `Takes the rules of ${whose} away.`,
      permission: 'rules:write',
      tagged: true,
      query: writeQuery,
      answers: { 200: orDryRun(z.never()), 204: null },
      handle: async ({ params }, { database, change, ifMatch }) => {
        const changed = await deleteRules(database, change, placeOf(params), ifMatch);
        return toReply(changed, change.dryRun, () => ({ status: 204 }));
      },
    }),
  ];
}

/** What an org-admin demands of a pipe or a Behavior: a class of data, the only providers, what failure may do. */
export const rules: readonly Route[] = [
  ...rulesAt('/v1/orgs/{org}/pipes/{pipe}/rules', 'a pipe'),
  ...rulesAt('/v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/rules', 'a Behavior'),
];
