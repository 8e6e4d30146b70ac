import { z } from '@hono/zod-openapi';
import {
  listAssignments,
  listAuditEvents,
  readUsage,
  type AssignmentLine,
  type AuditEvent,
  type UsageLine,
} from '../../registry/index.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, hostId, readRoute, type Route } from '../route.ts';
import { findInOrganization } from '../find-in-organization.ts';
import { pipesSeen } from '../principal.ts';

const assignment = z
  .object({
    pipe: z.string(),
    behavior: z.string(),
    model: z.string(),
    modelEnabled: z.boolean().nullable().openapi({ description: "Null for a model of the platform's." }),
    lastAnsweredBy: z.object({ model: z.string(), layer: z.string(), at: z.string() }).nullable(),
  })
  .openapi('AssignmentLine');
const usage = z
  .object({
    items: z.array(
      z.object({
        day: z.string(),
        pipe: z.string(),
        behavior: z.string(),
        layer: z.string(),
        model: z.string(),
        provider: z.string(),
        calls: z.int(),
        answered: z.int(),
        inputTokens: z.int(),
        outputTokens: z.int(),
        cost: z.string().nullable(),
        currency: z.string(),
      }),
    ),
  })
  .openapi('Usage');
const audit = z
  .object({
    seq: z.string(),
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    resource: z.string(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string(),
    hash: z.string(),
  })
  .openapi('AuditEvent');

export type AssignmentLineAnswer = z.output<typeof assignment>;
export type UsageAnswer = z.output<typeof usage>;
export type AuditEventAnswer = z.output<typeof audit>;

const dayMs = 24 * 60 * 60 * 1000;
const day = z.iso.date();

/** What an organization looks back on: who is assigned where, what was used, what was changed. */
export const reports: readonly Route[] = [
  handleRoute({
    method: 'get',
    path: '/v1/orgs/{org}/assignments',
    summary: 'Every assignment, with the model that answered last.',
    permission: 'assignments:read',
    query: pageQuery.extend({ model: z.string().max(80).optional(), pipe: hostId.optional() }),
    answers: { 200: pageOf(assignment, 'AssignmentPage') },
    handle: async ({ query: { limit, cursor, model, pipe } }, call) => {
      const pipes = pipesSeen(call.principal, call.org);
      const page = { after: readCursor(cursor), limit, model: model ?? null, pipe: pipe ?? null, pipes };
      const found = await findInOrganization<readonly AssignmentLine[]>(call, listAssignments(page));
      return { body: toPage(found ?? [], limit, (row) => [row.pipe, row.behavior]) };
    },
  }),
  readRoute({
    path: '/v1/orgs/{org}/usage',
    summary: 'Calls, tokens and cost per UTC day, Behavior, layer and model; 30 days unless asked otherwise.',
    permission: 'usage:read',
    query: z.strictObject({
      from: day.optional(),
      to: day.optional().openapi({ description: 'This day is not in it any more.' }),
      model: z.string().max(80).optional(),
      pipe: hostId.optional(),
    }),
    answers: { 200: usage },
    ask: ({ query: { from, to, model, pipe } }) =>
      readUsage({
        from: `${from ?? toDay(Date.now() - 30 * dayMs)}T00:00:00Z`,
        to: `${to ?? toDay(Date.now() + dayMs)}T00:00:00Z`,
        model: model ?? null,
        pipe: pipe ?? null,
      }),
    show: (found: readonly UsageLine[]) => ({ body: { items: found } }),
  }),
  readRoute({
    path: '/v1/orgs/{org}/audit-events',
    summary: 'Who changed what, newest first; append-only and chained.',
    permission: 'audit:read',
    query: pageQuery.extend({
      resource: z.string().max(400).optional(),
      actor: z.string().max(600).optional(),
    }),
    answers: { 200: pageOf(audit, 'AuditPage') },
    ask: ({ query: { limit, cursor, resource, actor } }) =>
      listAuditEvents({
        before: readCursor(cursor)[0] ?? null,
        limit,
        resource: resource ?? null,
        actor: actor ?? null,
      }),
    show: (found: readonly AuditEvent[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.seq]),
    }),
  }),
];

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
