import { createActivities } from '../activities/index.ts';
import type { ActivityOptions } from '../activities/index.ts';
import type { Activities, ProviderActivities } from '../contract/index.ts';
import { createRegistry } from '../registry/index.ts';
import type { OpenKeys, OpenRegistry } from '../registry/index.ts';
import { createGuard } from '../vendors/index.ts';
import type { CredentialBroker, Guard, GuardOptions } from '../vendors/index.ts';

/** What the activities of one process are bound to. */
export interface Serving {
  readonly activities: Activities & ProviderActivities;
  readonly registry: Pick<OpenRegistry, 'recordLost' | 'sweepStale'>;
  close(): Promise<void>;
}

export interface ServingOptions {
  /** The registry, as role `byom_worker`. */
  readonly databaseUrl: string;
  /** Opens credentials and answers: `parseOpenKeys(process.env.BYOM_CREDENTIAL_KEYS)`. */
  readonly credentialKeys: OpenKeys;
  /** Verifies the tickets of runs: `parseRunKeys(process.env.BYOM_RUN_KEYS)`. */
  readonly runKeys: ActivityOptions['runKeys'];
  /** What the operator lets vendors' addresses be. */
  readonly guard?: GuardOptions;
  /**
   * Makes the broker that lends identities of yours (`{ workload: true }`, `{ roleArn }`), from the guard that it should go
   * through. Without it such providers are `model.misconfigured`.
   */
  readonly broker?: (guard: Guard) => CredentialBroker;
  /** Calls of one organization at once on this worker; a quarter of its activity slots by default. */
  readonly slotsPerOrganization?: number;
  readonly creditsOf?: ActivityOptions['creditsOf'];
  /** Hears of faults that only an admin can mend (a refused credential, a used-up quota), each once an hour per worker. */
  readonly onAttention?: ActivityOptions['onAttention'];
}

/** Opens registry and guard, and checks that this process may serve. Throws one line where it may not. */
export async function openServing(options: ServingOptions, activitySlots: number): Promise<Serving> {
  const { databaseUrl, credentialKeys, runKeys, creditsOf } = options;
  const registry = createRegistry({ workerUrl: databaseUrl, openKeys: credentialKeys });
  const guard = createGuard(options.guard ?? {});
  const close = async (): Promise<void> => {
    await Promise.all([registry.close(), guard.close()]);
  };
  try {
    await registry.ready();
  } catch (error) {
    await close();
    throw error;
  }
  const activities = createActivities({
    registry,
    guard,
    broker: options.broker?.(guard) ?? null,
    runKeys,
    slotsPerOrganization: options.slotsPerOrganization ?? Math.max(1, Math.floor(activitySlots / 4)),
    ...(creditsOf === undefined ? {} : { creditsOf }),
    ...(options.onAttention === undefined ? {} : { onAttention: options.onAttention }),
  });
  return { activities, registry, close };
}
