import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { Served } from '../support/served.ts';

type SqlFunction = 'resolve' | 'begin' | 'record_outcome';

/** Holds every run of this database before one question to the registry, as an outage at exactly this point would. */
export async function hold({ urls }: Served, name: SqlFunction): Promise<void> {
  await ask(urls.superuser, `revoke execute on function byom.${name}(jsonb) from byom_worker`);
}

export async function release({ urls }: Served, name: SqlFunction): Promise<void> {
  await ask(urls.superuser, `grant execute on function byom.${name}(jsonb) to byom_worker`);
}

/** Waits until the run's activity has been turned away at least once; that it is pending shows where the run stands. */
export async function untilHeld({ client }: Served, workflowId: string, activity: string): Promise<void> {
  await eventually(async () => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const [pending] = raw.pendingActivities ?? [];
    return pending?.activityType?.name === activity && (pending.attempt ?? 0) > 1;
  });
}
