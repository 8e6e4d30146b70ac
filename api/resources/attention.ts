import { z } from '@hono/zod-openapi';
import { readAttention, type AttentionItem } from '../../registry/index.ts';
import { readRoute, type Route } from '../route.ts';

const item = z
  .discriminatedUnion('kind', [
    z
      .object({
        kind: z.literal('credential-refused'),
        provider: z.string(),
        since: z.string(),
        calls: z.int(),
      })
      .openapi('CredentialRefused'),
    z
      .object({ kind: z.literal('credential-missing'), provider: z.string(), models: z.int() })
      .openapi('CredentialMissing'),
    z
      .object({ kind: z.literal('disabled-model'), model: z.string(), behaviors: z.int() })
      .openapi('DisabledModel'),
    z.object({ kind: z.literal('no-default') }).openapi('NoDefault'),
    z
      .object({
        kind: z.literal('fallback'),
        model: z.string(),
        reason: z.string().nullable(),
        runs: z.int(),
        share: z.number(),
      })
      .openapi('Fallback'),
  ])
  .openapi('AttentionItem');

export type AttentionItemAnswer = z.output<typeof item>;

/** What an admin should know and do something about. */
export const attention: readonly Route[] = [
  readRoute({
    path: '/v1/orgs/{org}/attention',
    summary:
      'What an admin should know: refused credentials, fallbacks of the last 24 hours, Behaviors on disabled models.',
    permission: 'attention:read',
    answers: { 200: z.object({ items: z.array(item) }).openapi('Attention') },
    ask: () => readAttention(),
    show: (found: readonly AttentionItem[]) => ({ body: { items: found } }),
  }),
];
