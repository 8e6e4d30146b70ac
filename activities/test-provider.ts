import { activityInfo } from '@temporalio/activity';
import { Failure } from '../contract/index.ts';
import type { ProviderActivities, ProviderTestRequest, VendorReply } from '../contract/index.ts';
import type { BegunTest, FoundByTest } from '../registry/index.ts';
import { vendorOf } from '../vendors/index.ts';
import type { AnyVendor, CallControl } from '../vendors/index.ts';
import type { Dependencies } from './dependencies.ts';
import { whileBeating } from './heartbeat.ts';
import { toFailure } from './to-failure.ts';
import { blockedStages, placeFailure, toStages } from './trying/stages.ts';
import { tryProvider } from './trying/try-provider.ts';
import type { Trial } from './trying/try-provider.ts';
import { untilStored } from './until-stored.ts';
import { withCredential } from './with-credential.ts';

/** Somebody waits in front of a page: less patience than a run has. */
const limits = { firstTokenMs: 20_000, idleMs: 10_000, totalMs: 30_000 };

/**
 * Tries a provider with what a Behavior's call would use: the same vendor, guard, credential and broker. What it finds goes into
 * the test's row and nowhere else; it fails only where our own side does.
 */
export function createTestProvider(deps: Dependencies): ProviderActivities['testProvider'] {
  return async (request) => {
    const { attempt } = activityInfo();
    try {
      await deps.slots.within(request.org, attempt, () =>
        whileBeating((signal) => runTest(deps, request, signal)),
      );
    } catch (error) {
      throw toFailure(error, { facts: { calls: 0, usage: null }, standing: null, attempt });
    }
  };
}

type Found = Omit<FoundByTest, 'org' | 'test'>;

async function runTest(deps: Dependencies, request: ProviderTestRequest, signal: AbortSignal): Promise<void> {
  const { registry } = deps;
  const test = await registry.beginTest(request);
  if (test === null) return;
  const { org, test: id } = request;
  const record = (found: Found): Promise<void> => registry.recordTest({ org, test: id, ...found });
  const found = await find(deps, test, signal, record);
  const stored = await untilStored(() => record(found));
  if (stored === 'not stored') throw new Failure('registry.unavailable', 'The registry does not answer.');
}

async function find(
  deps: Dependencies,
  test: BegunTest,
  signal: AbortSignal,
  record: (found: Found) => Promise<void>,
): Promise<Found> {
  const prepared = prepare(deps, test, signal);
  if (prepared instanceof Failure)
    return { stages: toStages(new Map([['auth', { ms: null, failure: prepared.type }]])), status: 'failed' };
  if (test.kind === 'models') return findModels(prepared);
  const tried = await tryProvider(prepared, (stages) => record({ stages, status: null }));
  const { stages, passed, blocked, structuredOutput } = tried;
  return { stages, status: passed ? 'passed' : 'failed', blocked, structuredOutput };
}

async function findModels(trial: PreparedTrial): Promise<Found> {
  try {
    await trial.judge();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.type === 'model.misconfigured')
      return { stages: blockedStages, status: 'failed', blocked: true };
    const stages = toStages(new Map([['address', { ms: null, failure: error.type }]]));
    return { stages, status: 'failed' };
  }
  try {
    return { stages: [], status: 'passed', models: await trial.list() };
  } catch (error) {
    if (!(error instanceof Failure) || !error.type.startsWith('model.')) throw error;
    const { stage } = placeFailure(error);
    return { stages: toStages(new Map([[stage, { ms: null, failure: error.type }]])), status: 'failed' };
  }
}

interface PreparedTrial extends Trial {
  list(): ReturnType<NonNullable<AnyVendor['listModels']>>;
}

/** A `Failure` where the row is of a version that this worker does not know. */
function prepare(deps: Dependencies, test: BegunTest, signal: AbortSignal): PreparedTrial | Failure {
  try {
    const vendor = vendorOf(test.vendor);
    const parsed = vendor.settings.safeParse(test.settings);
    if (!parsed.success) return new Failure('model.misconfigured', "The provider's settings do not fit.");
    return trialOf(deps, test, vendor, parsed.data, signal);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function trialOf(
  { guard, broker }: Dependencies,
  test: BegunTest,
  vendor: AnyVendor,
  settings: unknown,
  signal: AbortSignal,
): PreparedTrial {
  const { upstreamId, supports } = test;
  // The settings' own audience and not the row's: so no row can send a stored credential to another address.
  const audience = vendor.audience(settings);
  const [origin = ''] = vendor.hosts(settings, guard.wellKnown);
  const control = (onProgress: () => void): CallControl => ({ signal, limits, guard, onProgress });
  const open = {
    vendor: test.vendor,
    provider: { ...test.provider, audience },
    openCredential: () => test.openCredential(audience),
  };
  const authorized = <T>(call: (credential: unknown) => Promise<T>): Promise<T> =>
    withCredential(broker, vendor, open, signal, call);
  return {
    judge: () => guard.judge(origin),
    knock: () => guard.knock(origin),
    call:
      upstreamId === null
        ? null
        : (prompt, maxOutputTokens, onProgress): Promise<VendorReply> => {
            const endpoint = { settings, upstreamId, maxOutputTokens, ...supports };
            return authorized((credential) =>
              vendor.invoke(prompt, { ...endpoint, credential }, control(onProgress)),
            );
          },
    list: async () => {
      const { listModels } = vendor;
      if (listModels === undefined)
        throw new Failure('model.misconfigured', 'This vendor has no list of models.');
      return authorized((credential) =>
        listModels(
          { settings, credential },
          control(() => {}),
        ),
      );
    },
  };
}
