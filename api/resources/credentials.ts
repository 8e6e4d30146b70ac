import { z } from '@hono/zod-openapi';
import {
  deleteCredential,
  putCredential,
  readCredential,
  readProvider,
  type Credential,
  type Provider,
} from '../../registry/index.ts';
import { findInOrganization } from '../find-in-organization.ts';
import { checkByVendor, needVendor } from '../check-vendor.ts';
import { Problem } from '../problem.ts';
import { handleRoute, readRoute, type Route } from '../route.ts';
import { flag, orDryRun, toReply, writeQuery } from '../written.ts';

const secret = z
  .record(z.string(), z.unknown())
  .openapi('CredentialWrite', { writeOnly: true, description: "The vendor's secret, as its guide says." });
const shape = z
  .object({
    set: z.boolean(),
    generation: z.int().optional(),
    state: z.enum(['active', 'revoked']).optional(),
    hint: z.string().nullable().optional(),
    keyId: z.string().optional(),
    createdAt: z.string().optional(),
    createdBy: z.string().nullable().optional(),
  })
  .openapi('Credential');
const stored = z.object({ set: z.literal(true), generation: z.int() }).openapi('CredentialStored');

export type CredentialAnswer = z.output<typeof shape>;
export type CredentialWrite = z.input<typeof secret>;
export type CredentialStored = z.output<typeof stored>;

const one = '/v1/orgs/{org}/providers/{provider}/credential';
const putQuery = writeQuery.extend({
  compromised: flag('True: the one before is wiped at once instead of serving as a spare.'),
});

/** What is secret of a provider: sealed for the workers as it comes in, and never shown again. */
export const credentials: readonly Route[] = [
  readRoute({
    path: one,
    summary: 'What may be known of a credential: never the secret.',
    permission: 'credentials:read',
    tagged: true,
    answers: { 200: shape },
    ask: ({ params }) => readCredential(params.provider),
    show: (found: Partial<Credential>) => ({
      body: { ...found, set: found.set === true },
      ...(found.revision === undefined ? {} : { revision: found.revision }),
    }),
  }),
  handleRoute({
    method: 'put',
    path: one,
    summary: 'Sets the credential: a new generation that serves from now on.',
    permission: 'credentials:write',
    tagged: true,
    query: putQuery,
    body: secret,
    answers: { 200: orDryRun(stored), 201: stored },
    handle: async ({ params, query, body }, call) => {
      const { database, change, options, ifMatch } = call;
      const provider = await findInOrganization<Provider>(call, readProvider(params.provider));
      if (provider === null) throw new Problem('not-found');
      const checked = checkByVendor(needVendor(provider.vendor).credential, body, '');
      const toSet = {
        provider: params.provider,
        secret: checked,
        compromised: query.compromised === true,
      };
      const changed = await putCredential(database, change, toSet, options.sealKeys, ifMatch);
      const { current, generation } = changed.result;
      return toReply(changed, change.dryRun, () => ({
        status: current === null ? 201 : 200,
        body: { set: true, generation },
        revision: generation === current?.generation ? current.revision : changed.revision,
      }));
    },
  }),
  handleRoute({
    method: 'delete',
    path: one,
    summary: 'Takes the credential away and wipes it. Calls that have begun may still end.',
    permission: 'credentials:write',
    tagged: true,
    query: writeQuery,
    answers: { 200: orDryRun(z.never()), 204: null },
    handle: async ({ params }, { database, change, ifMatch }) => {
      const changed = await deleteCredential(database, change, params.provider, ifMatch);
      return toReply(changed, change.dryRun, () => ({ status: 204 }));
    },
  }),
];
