import { z } from '@hono/zod-openapi';
import {
  deleteProvider,
  listProviders,
  putProvider,
  readProvider,
  setProviderEnabled,
  type Provider,
} from '../../registry/index.ts';
import { checkByVendor, needVendor } from '../check-vendor.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { handleRoute, readRoute, slug, type Route } from '../route.ts';
import { orDryRun, revisionOf, toReply, writeQuery } from '../written.ts';

const settings = z.record(z.string(), z.unknown()).openapi({
  description: "What the vendor needs to know; its own fields, never a secret. See the vendor's guide.",
});
const body = z
  .strictObject({
    vendor: z.string().min(1).max(64),
    name: z.string().min(1).max(200).optional(),
    settings: settings.default({}),
    enabled: z.boolean().default(true),
  })
  .openapi('ProviderWrite');
const shape = z
  .object({
    provider: slug,
    vendor: z.string(),
    name: z.string(),
    settings,
    enabled: z.boolean(),
    credential: z.enum(['not-needed', 'missing', 'set', 'revoked']),
    lastTest: z
      .object({
        testId: z.uuid(),
        status: z.enum(['waiting', 'running', 'passed', 'failed']),
        finishedAt: z.string().nullable(),
      })
      .nullable(),
  })
  .openapi('Provider');

export type ProviderAnswer = z.output<typeof shape>;
export type ProviderWrite = z.input<typeof body>;

const list = '/v1/orgs/{org}/providers';
const one = '/v1/orgs/{org}/providers/{provider}';
const movedWarning =
  'The address changes, so the credential is revoked: it was given for the old one. Set it again.';

/** The connections of an organization to vendors. What is secret of them is a resource of its own. */
export const providers: readonly Route[] = [
  readRoute({
    path: list,
    summary: 'The providers of an organization.',
    permission: 'providers:read',
    query: pageQuery,
    answers: { 200: pageOf(shape, 'ProviderPage') },
    ask: ({ query: { limit, cursor } }) => listProviders({ after: readCursor(cursor)[0] ?? '', limit }),
    show: (found: readonly Provider[], { query: { limit } }) => ({
      body: toPage(found, limit, (row) => [row.provider]),
    }),
  }),
  readRoute({
    path: one,
    summary: 'One provider.',
    permission: 'providers:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readProvider(params.provider),
    show: (found: Provider) => ({ body: found, revision: found.revision }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Makes or replaces a provider. A new address revokes its credential.',
    permission: 'providers:write',
    tagged: true,
    query: writeQuery,
    body,
    answers: { 200: orDryRun(shape), 201: shape },
    problems: ['conflict'],
    handle: async ({ params, body: wanted }, { database, change, ifMatch }) => {
      const vendor = needVendor(wanted.vendor);
      const checked = checkByVendor(vendor.settings, wanted.settings, '/settings') as object;
      const values = { ...wanted, name: wanted.name ?? params.provider, settings: checked };
      const facts = { audience: vendor.audience(checked), needsCredential: vendor.needsCredential };
      const changed = await putProvider(database, change, params.provider, values, facts, ifMatch);
      const { current, credentialRevoked } = changed.result;
      const fresh = vendor.needsCredential ? 'missing' : 'not-needed';
      const credential = credentialRevoked ? 'revoked' : (current?.credential ?? fresh);
      return toReply(
        changed,
        change.dryRun,
        () => ({
          status: current === null ? 201 : 200,
          body: { provider: params.provider, ...values, credential, lastTest: current?.lastTest ?? null },
          revision: revisionOf(changed),
        }),
        credentialRevoked ? [movedWarning] : [],
      );
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Deletes a provider that nothing uses, its credential with it.',
    permission: 'providers:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    problems: ['in-use'],
    handle: async ({ params }, { database, change, ifMatch }) => {
      const changed = await deleteProvider(database, change, params.provider, ifMatch);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
  ...(['enable', 'disable'] as const).map((word) =>
    handleRoute({
      method: 'post',
      path: `${one}/${word}`,
      summary: word === 'enable' ? 'Switches a provider on.' : 'Switches every model of a provider off.',
      permission: 'providers:write',
      tagged: true,
      query: writeQuery,
      answers: { 200: orDryRun(shape) },
      handle: async ({ params }, { database, change, ifMatch }) => {
        const enabled = word === 'enable';
        const changed = await setProviderEnabled(database, change, params.provider, enabled, ifMatch);
        return toReply(changed, change.dryRun, () => ({
          body: { ...changed.result.current, enabled },
          revision: revisionOf(changed),
        }));
      },
    }),
  ),
];
