import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import {
  askProviderTest,
  readListedModels,
  readProvider,
  type ListedModels,
  type Provider,
} from '../../registry/index.ts';
import { askWorkers } from '../ask-workers.ts';
import { needVendor } from '../check-vendor.ts';
import { findInOrganization } from '../find-in-organization.ts';
import { needTemporal } from '../need-temporal.ts';
import { Problem } from '../problem.ts';
import { handleRoute, type Call, type Route } from '../route.ts';
import { hintOf } from '../test-hints.ts';

const shape = z
  .object({
    items: z.array(z.object({ upstreamId: z.string(), name: z.string().optional() })),
    listedAt: z.string(),
  })
  .openapi('AvailableModels');

export type AvailableModelsAnswer = z.output<typeof shape>;

const waitMaxMs = 10_000;
const pauseMs = 150;

/** The vendor's own list of models, read by a worker and kept for five minutes. */
export const availableModels: readonly Route[] = [
  handleRoute({
    method: 'get',
    path: '/v1/orgs/{org}/providers/{provider}/available-models',
    summary: "The vendor's own list of models, 1,000 at most; up to five minutes old.",
    permission: 'providers:read',
    asksTemporal: true,
    answers: { 200: shape },
    problems: ['not-listed', 'conflict'],
    handle: async ({ params: { provider } }, call) => {
      const found = await findInOrganization<Provider>(call, readProvider(provider));
      if (found === null) throw new Problem('not-found');
      if (needVendor(found.vendor).listModels === undefined) throw new Problem('not-listed');
      const kept = await findInOrganization<ListedModels>(call, readListedModels(provider, null));
      return { body: toShown(kept ?? (await readNow(provider, call))) };
    },
  }),
];

async function readNow(provider: string, call: Call): Promise<ListedModels> {
  needTemporal(call.options);
  const toAsk = { provider, kind: 'models', model: null, listsModels: () => true } as const;
  const { result } = await askProviderTest(call.database, call.change, toAsk);
  await askWorkers(call, result.test, ['models', provider]);
  const untilMs = performance.now() + waitMaxMs;
  while (performance.now() < untilMs && !call.signal.aborted) {
    const found = await findInOrganization<ListedModels>(call, readListedModels(provider, result.test));
    if (found?.status === 'passed') return found;
    if (found?.status === 'failed') throw toProblem(found);
    await sleep(pauseMs);
  }
  throw new Problem('unavailable', 'No worker has answered yet. Try again in a moment.', {
    headers: { 'retry-after': '5' },
  });
}

function toProblem({ stages }: ListedModels): Problem {
  const failed = stages.find(({ status }) => status === 'failed');
  const hint = failed === undefined ? null : hintOf(failed.stage, failed.failure);
  return new Problem('conflict', hint ?? 'The list could not be read. Try again.');
}

function toShown({ models, createdAt }: ListedModels): object {
  return { items: models ?? [], listedAt: createdAt };
}
