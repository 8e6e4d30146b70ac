import { z } from '@hono/zod-openapi';
import { testStages } from '../../contract/index.ts';
import { askDraftTest, askProviderTest, readProviderTest, type ProviderTest } from '../../registry/index.ts';
import { vendors, type AnyVendor } from '../../vendors/index.ts';
import { askWorkers } from '../ask-workers.ts';
import { checkByVendor, needVendor } from '../check-vendor.ts';
import { needTemporal } from '../need-temporal.ts';
import { Problem, problems } from '../problem.ts';
import { handleRoute, readRoute, slug, type Route } from '../route.ts';
import { hintOf } from '../test-hints.ts';
import { dryRunSchema, toReply, writeQuery } from '../written.ts';

const draft = z
  .strictObject({
    vendor: z.string().min(1).max(64),
    settings: z.record(z.string(), z.unknown()).default({}),
    credential: z.record(z.string(), z.unknown()).optional().openapi({ writeOnly: true }),
    upstreamId: z.string().min(1).max(512).optional(),
    provider: slug.optional().openapi({
      description:
        'The provider that this would change. Its credential is used only for the address it was given for.',
    }),
  })
  .openapi('ProviderDraft');
const asked = z.object({ testId: z.uuid() }).openapi('ProviderTestAsked');
const stage = z.object({
  stage: z.enum(testStages),
  status: z.enum(['passed', 'failed', 'skipped']),
  ms: z.int().nullable(),
  failure: z.string().nullable(),
  hint: z.string().nullable().openapi({ description: 'What to do about it.' }),
});
const shape = z
  .object({
    testId: z.uuid(),
    provider: z.string().nullable(),
    status: z.enum(['waiting', 'running', 'passed', 'failed']),
    stages: z.array(stage),
    supports: z
      .object({ structuredOutput: z.enum(['json_schema', 'json_object', 'prompt']) })
      .nullable()
      .openapi({ description: 'What the model turned out to support: a suggestion for its `supports`.' }),
    createdAt: z.string().nullable(),
    finishedAt: z.string().nullable(),
  })
  .openapi('ProviderTest');

export type ProviderDraft = z.input<typeof draft>;
export type ProviderTestAnswer = z.output<typeof shape>;

const ofProvider = '/v1/orgs/{org}/providers/{provider}/test';
const list = '/v1/orgs/{org}/provider-tests';
const testQuery = writeQuery.extend({
  model: slug.optional().openapi({ description: "The model to call; without it the provider's first." }),
});
const answers = { 200: dryRunSchema, 202: asked };

/** Tests of providers, carried out by the workers that would serve: the API itself calls no vendor. */
export const providerTests: readonly Route[] = [
  handleRoute({
    method: 'post',
    path: ofProvider,
    summary: 'Tests a provider. While a test is under way, it is that one.',
    permission: 'provider-tests:run',
    asksTemporal: true,
    query: testQuery,
    answers,
    handle: async ({ params: { provider }, query }, call) => {
      needTemporal(call.options);
      const toAsk = { provider, kind: 'provider', model: query.model ?? null, listsModels } as const;
      const changed = await askProviderTest(call.database, call.change, toAsk);
      const { test } = changed.result;
      if (!call.change.dryRun) await askWorkers(call, test, ['provider', provider]);
      return toReply(changed, call.change.dryRun, () => ({ status: 202, body: { testId: test } }));
    },
  }),
  handleRoute({
    method: 'post',
    path: list,
    summary:
      'Tests a provider before it is saved. A credential that comes along is sealed, and wiped after the test.',
    permission: 'provider-tests:run',
    asksTemporal: true,
    query: writeQuery,
    body: draft,
    answers,
    handle: async ({ body }, call) => {
      needTemporal(call.options);
      const { database, change, options } = call;
      const changed = await askDraftTest(database, change, toDraft(body), options.sealKeys);
      const { test } = changed.result;
      if (!change.dryRun) await askWorkers(call, test, ['draft', test]);
      return toReply(changed, change.dryRun, () => ({ status: 202, body: { testId: test } }));
    },
  }),
  readRoute({
    path: `${list}/{test}`,
    summary: 'A test, stage by stage, as far as it has got.',
    permission: 'providers:read',
    answers: { 200: shape },
    ask: ({ params }) => readProviderTest(params.test),
    show: (found: ProviderTest) => ({ body: toShown(found) }),
  }),
];

function listsModels(vendor: string): boolean {
  const known: Readonly<Record<string, AnyVendor>> = vendors;
  return known[vendor]?.listModels !== undefined;
}

function toDraft({ vendor: name, settings, credential, upstreamId, provider }: z.output<typeof draft>) {
  const vendor = needVendor(name);
  const checked = checkByVendor(vendor.settings, settings, '/settings') as object;
  if (upstreamId === undefined && vendor.listModels === undefined) {
    const detail = 'must be given: this vendor is tested by calling a model';
    throw new Problem('invalid', problems.invalid.title, { errors: [{ pointer: '/upstreamId', detail }] });
  }
  return {
    vendor: name,
    settings: checked,
    audience: vendor.audience(checked),
    needsCredential: vendor.needsCredential,
    credential: credential && checkByVendor(vendor.credential, credential, '/credential'),
    upstreamId: upstreamId ?? null,
    provider: provider ?? null,
  };
}

/** A test of a blocked address says the same whatever the address and whenever it was: nothing can be measured by it. */
function toShown({ structuredOutput, ...test }: ProviderTest): object {
  const [address] = test.stages;
  const blocked = address?.status === 'failed' && address.failure === 'model.misconfigured';
  return {
    ...test,
    stages: test.stages.map((one) => ({ ...one, hint: hintOf(one.stage, one.failure) })),
    supports: structuredOutput === null ? null : { structuredOutput },
    ...(blocked ? { createdAt: null, finishedAt: null } : {}),
  };
}
