import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRunKeys } from '../../client/index.ts';
import { createRegistry, parseOpenKeys } from '../../registry/index.ts';
import { createSweep } from '../../worker/sweep.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { resetRun } from '../support/reset-run.ts';
import type { Scenario } from './cells.ts';
import type { CrashSite } from './crash-site.ts';
import { gatherTrail } from './evidence.ts';
import type { Trail } from './evidence.ts';
import { createHolds } from './holds.ts';
import type { Holds } from './holds.ts';
import { crashRun, pipeFor } from './runs.ts';
import type { CrashRun } from './runs.ts';
import { startWorkerProcess } from './start-worker-process.ts';
import type { WorkerProcess } from './start-worker-process.ts';

/** A run that is under way when the process that serves it is stopped, and what becomes of it while that stands still. */
export interface Story {
  readonly scenario: Scenario;
  /** Where the run is when the process is stopped. */
  readonly at: Place;
  /** Cancelled at this place, before it comes to `at`. */
  readonly cancelledAt?: Place;
  /** What happens to the run meanwhile; else it just goes on with the others. */
  readonly meanwhile?: 'cancel' | 'reset' | 'terminate';
  /** By what the woken process is known to be through with it; absent where it has nothing under way. */
  readonly over?: Place;
}

/** A point, and there the model, the action or the status. */
type Place = readonly [point: string, at: string];

export interface Told {
  /** When the run has ended without the zombie. */
  readonly before: Remains;
  /** When the zombie has done all that it still wanted to. */
  readonly after: Remains;
}

interface Remains {
  readonly trail: Trail;
  /** Whole rows, so that whatever is written anew shows. */
  readonly outcome: readonly object[];
  readonly ledger: readonly object[];
  readonly effects: readonly object[];
}

type Role = 'runs' | 'engine';

interface Cast {
  readonly queues: Readonly<Record<Role, string>>;
  readonly zombie: WorkerProcess;
  readonly second: WorkerProcess;
  readonly other: WorkerProcess;
  readonly held: Readonly<Record<Role, Holds>>;
  /** Where the second one stands still. */
  readonly heldSecond: Holds;
}

/** After this long a call that was begun is too old to be made. */
const standsForMs = 5_100;

/**
 * Stops a worker process in the middle of all these runs at once, lets another one bring them to their ends, and wakes it
 * up. What it did then shows in what is left.
 */
export async function tellStories<Name extends string>(
  site: CrashSite,
  role: Role,
  stories: Readonly<Record<Name, Story>>,
): Promise<Readonly<Record<Name, Told>>> {
  const inActivity = Object.values<Story>(stories).filter(({ at }) => roleAt(at) === role && isActivity(at));
  const twice = inActivity.filter(({ cancelledAt }) => cancelledAt !== undefined);
  const cast = await gather(site, role, inActivity.length + twice.length);
  const names = Object.keys(stories) as Name[];
  const acts = await Promise.all(
    names.map(async (name) => {
      const { scenario }: Story = stories[name];
      const card = await site.engine.createCard(pipeFor(scenario), { fields: {} });
      return { name, story: stories[name], run: crashRun(scenario, card, cast.queues.engine) };
    }),
  );
  // Those that stand in an activity keep its slot. One is left for the others to get where they shall stand, which are
  // the last, since a local activity has little time, but for the one that then takes this slot.
  const stands = (one: Act) => isActivity(one.story.at) && roleAt(one.story.at) === role;
  const [last, ...early] = acts.filter(stands);
  for (const part of [early, acts.filter((one) => !stands(one)), last === undefined ? [] : [last]])
    await Promise.all(part.map((one) => bringToPlace(site, cast, one)));

  const frozen = await cast.zombie.freeze();
  const woken = sleep(standsForMs);
  for (const one of acts) await meddle(site, one);
  cast.held[role === 'runs' ? 'engine' : 'runs'].release();
  await serveCancelled(site, cast, role === 'runs' ? acts : []);
  await untilEnded(site, cast.queues.runs, acts);
  const before = await Promise.all(acts.map(({ run }) => look(site, run)));

  await woken;
  const over = acts.flatMap(({ story, run }) =>
    story.over === undefined ? [] : [cast.held[role].passed(placeOf(run, story.over))],
  );
  frozen.thaw();
  cast.held[role].release();
  await Promise.all(over);
  // Its last words are with Temporal when it has left in an orderly way.
  expect(await cast.zombie.end('SIGTERM')).toBe(0);
  await Promise.all([cast.second, cast.other].map((one) => one.end('SIGKILL')));
  const after = await Promise.all(acts.map(({ run }) => look(site, run)));
  const told = acts.map(({ name }, index) => [name, { before: before[index], after: after[index] }]);
  return Object.fromEntries(told) as Record<Name, Told>;
}

interface Act {
  readonly story: Story;
  readonly run: CrashRun;
}

async function gather(site: CrashSite, role: Role, slots: number): Promise<Cast> {
  const own = randomUUID().slice(0, 8);
  const queues = { runs: `byom-${own}`, engine: `engine-${own}` } as const;
  const held = { runs: createHolds(), engine: createHolds() } as const;
  const heldSecond = createHolds();
  const hire = (as: Role, more: object, holds?: Holds) => {
    const settings = { ...site.settings, role: as, taskQueue: queues[as], ...more };
    return startWorkerProcess(settings, holds?.arrive ?? (async () => {}));
  };
  const otherRole = role === 'runs' ? 'engine' : 'runs';
  const [zombie, second, other] = await Promise.all([
    hire(role, { slots, graceMs: 20_000 }, held[role]),
    hire(role, {}, heldSecond),
    hire(otherRole, {}, held[otherRole]),
  ]);
  await Promise.all([zombie.serve(), other.serve()]);
  return { queues, zombie, second, other, held, heldSecond };
}

async function bringToPlace(site: CrashSite, { held, queues }: Cast, { story, run }: Act): Promise<void> {
  const { at, cancelledAt } = story;
  const there = held[roleAt(at)].hold(placeOf(run, at));
  there.catch(() => {}); // Thrown below.
  const cancelled = cancelledAt && held[roleAt(cancelledAt)].hold(placeOf(run, cancelledAt));
  await site.start(run.run, queues.runs);
  if (cancelled !== undefined) {
    await cancelled;
    await site.client.workflow.getHandle(run.workflowId).cancel();
  }
  await there;
}

async function meddle({ client }: CrashSite, { story: { meanwhile }, run }: Act): Promise<void> {
  const handle = client.workflow.getHandle(run.workflowId);
  if (meanwhile === 'cancel') await handle.cancel();
  if (meanwhile === 'terminate') await handle.terminate();
  if (meanwhile === 'reset') await resetRun(client, run.workflowId);
}

/**
 * Lets the second one serve. Until the workflow of a cancelled run has heard of it no other call of that run begins: one that
 * ended before would end the run.
 */
async function serveCancelled({ client }: CrashSite, cast: Cast, acts: readonly Act[]): Promise<void> {
  const cancelled = acts.filter(({ story }) => story.meanwhile === 'cancel');
  for (const { run } of cancelled)
    cast.heldSecond.hold(placeOf(run, ['before begin', 'own'])).catch(() => {}); // It may never come there.
  await cast.second.serve();
  await Promise.all(
    cancelled.map(({ run: { workflowId } }) =>
      eventually(async () => {
        const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
        return (events ?? []).some((event) => event.activityTaskCancelRequestedEventAttributes);
      }, 30_000),
    ),
  );
  cast.heldSecond.release();
}

/** Every run has its outcome, and of a terminated execution the sweep has written what it knows. */
async function untilEnded(site: CrashSite, taskQueue: string, acts: readonly Act[]): Promise<void> {
  const swept = acts.filter(({ story }) => story.meanwhile === 'terminate' || story.meanwhile === 'reset');
  const terminated = acts.filter(({ story }) => story.meanwhile === 'terminate');
  await Promise.all(
    acts.filter((one) => !terminated.includes(one)).map(({ run }) => site.outcome(run.workflowId)),
  );
  const { workerUrl, openRing, runRing } = site.settings;
  const registry = createRegistry({ workerUrl, openKeys: parseOpenKeys(openRing) });
  const sweep = createSweep({
    client: site.client,
    taskQueue,
    runKeys: parseRunKeys(runRing),
    registry,
    graceMs: 0,
  });
  const left = `select count(*)::int as count from unnest($1::text[]) id where
    exists (select from byom.attempts a where a.workflow_id = id and a.state = 'sent')
    or not exists (select from byom.runs r where r.workflow_id = id and r.draft is not null)`;
  await eventually(async () => {
    await sweep.look();
    const [row] = await ask<{ count: number }>(site.superuserUrl, left, [
      swept.map(({ run }) => run.workflowId),
    ]);
    return row?.count === 0;
  });
  await registry.close();
}

async function look(site: CrashSite, run: CrashRun): Promise<Remains> {
  const rows = (sql: string) => ask<object>(site.superuserUrl, sql, [run.workflowId]);
  const [trail, outcome, ledger, effects] = await Promise.all([
    gatherTrail(site, run),
    rows('select * from byom.runs where workflow_id = $1'),
    rows('select * from byom.attempts where workflow_id = $1 order by sent_at'),
    rows(`select * from pipe_engine.effects where key like $1 || '/%' order by key`),
  ]);
  return { trail, outcome, ledger, effects };
}

function placeOf({ workflowId }: CrashRun, [point, at]: Place) {
  return { point, at, workflowId };
}

const enginePoints = ['before effect', 'after effect', 'before undo', 'after undo'];

function roleAt([point]: Place): Role {
  return enginePoints.includes(point) ? 'engine' : 'runs';
}

/** `recordOutcome` is a local one, which takes no slot of theirs. */
function isActivity([point]: Place): boolean {
  return point !== 'before record';
}
