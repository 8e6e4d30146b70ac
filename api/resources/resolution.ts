import { z } from '@hono/zod-openapi';
import { readModelOptions, readResolution, toModelOptions, toResolution } from '../../registry/index.ts';
import { readRoute, type Route } from '../route.ts';

const layer = z.enum(['behavior', 'organization', 'platform']);
const resolution = z
  .object({
    decision: z.enum(['call', 'wait', 'park', 'fail']),
    model: z.string().nullable(),
    provider: z.string().nullable(),
    layer: layer.nullable(),
    reason: z.string(),
    requested: z.object({ layer, model: z.string() }).nullable(),
    skipped: z.array(z.object({ layer, model: z.string().nullable(), reason: z.string() })),
  })
  .openapi('Resolution');
const options = z
  .object({
    assigned: z.string().nullable(),
    default: z.string().nullable(),
    effective: z.object({ model: z.string().nullable(), layer: layer.nullable(), reason: z.string() }),
    options: z.array(
      z.object({
        model: z.string(),
        name: z.string(),
        vendor: z.string(),
        provider: z.string(),
        group: z.enum(['organization', 'platform']),
        selectable: z.boolean(),
        why: z.string().nullable(),
      }),
    ),
  })
  .openapi('ModelOptions');

export type ResolutionAnswer = z.output<typeof resolution>;
export type ModelOptionsAnswer = z.output<typeof options>;

const query = z.strictObject({
  dataClass: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .openapi({ description: 'The class that a run would bring along; rules may add more.' }),
});
const behavior = '/v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}';

/** Which model would serve a Behavior and why, before a run; and what the dropdown of the Agent Builder shows. */
export const resolutions: readonly Route[] = [
  readRoute({
    path: `${behavior}/resolution`,
    summary: 'Which model would serve this Behavior now, and why.',
    permission: 'resolution:read',
    query,
    answers: { 200: resolution },
    ask: ({ params }) => readResolution(params),
    show: (found: Parameters<typeof toResolution>[0], { query: { dataClass } }) => ({
      body: toResolution(found, dataClass ?? null),
    }),
  }),
  readRoute({
    path: `${behavior}/model-options`,
    summary: 'The models that can be chosen for this Behavior, and what stands in the way of each.',
    permission: 'resolution:read',
    query,
    answers: { 200: options },
    ask: ({ params }) => readModelOptions(params),
    show: (found: Parameters<typeof toModelOptions>[0], { query: { dataClass } }) => ({
      body: toModelOptions(found, dataClass ?? null),
    }),
  }),
];
