import { isSlow, crashes, scenariosAt, sliceOf } from './cells.ts';
import type { Crash, Scenario } from './cells.ts';
import { openCrashSite } from './crash-site.ts';
import type { CrashSite } from './crash-site.ts';
import { openCrew } from './crew.ts';
import type { Crew } from './crew.ts';
import { gatherTrail } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { expectedEnd, expectedTrail, withoutExcused } from './expected.ts';
import { brokenRoute, crashRegistry, crashRun, pipeFor, pipes } from './runs.ts';

/** `npm run matrix` asks for all of it; else a few crashes, other ones with another `BYOM_SEED`. */
const all = process.env['BYOM_MATRIX'] === 'all';
const seed = Number(process.env['BYOM_SEED'] ?? 1);
const chosen = all ? crashes : sliceOf(seed);

let site: CrashSite;
let crew: Crew;
/** Those that take a minute have a crew of their own and begin first. */
const slowCrashes = new Map<Crash, Promise<Crashed>>();

interface Crashed {
  evidence(scenario: Scenario): Evidence;
}

beforeAll(async () => {
  site = await openCrashSite(crashRegistry);
  site.vendors.fault(brokenRoute, { kind: 'status', status: 404 });
  for (const pipe of pipes) await site.engine.install(pipe);
  crew = await openCrew(site);
  for (const crash of chosen.filter(isSlow)) {
    const crashed = withOwnCrew(crash);
    crashed.catch(() => {});
    slowCrashes.set(crash, crashed);
  }
}, 60_000);
afterAll(async () => {
  await Promise.allSettled(slowCrashes.values());
  await crew?.close();
  await site?.close();
}, 60_000);

async function withOwnCrew(crash: Crash): Promise<Crashed> {
  const own = await openCrew(site);
  try {
    return await crashAt(crash, own);
  } finally {
    await own.close();
  }
}

/** Starts a run of every scenario that comes by, lets it happen, and waits for all of them to end. */
async function crashAt(crash: Crash, { crash: strike, engineTaskQueue, taskQueue }: Crew): Promise<Crashed> {
  const scenarios = scenariosAt(crash.point);
  const runs = await Promise.all(
    scenarios.map(async (scenario) => {
      const card = await site.engine.createCard(pipeFor(scenario), { fields: {} });
      return crashRun(scenario, card, engineTaskQueue);
    }),
  );
  const struck = strike(crash, runs);
  struck.catch(() => {});
  await Promise.all(runs.map(({ run }) => site.start(run, taskQueue)));
  await struck;
  const found = await Promise.all(
    runs.map(async (run) => {
      const outcome = await site.outcome(run.workflowId);
      return { outcome, ...(await gatherTrail(site, run)) };
    }),
  );
  return { evidence: (scenario) => found[scenarios.indexOf(scenario)]! };
}

describe.each(chosen)('$victim dies $point', (crash) => {
  let crashed: Crashed;
  beforeAll(
    async () => {
      crashed = await (slowCrashes.get(crash) ?? crashAt(crash, crew));
    },
    isSlow(crash) ? 150_000 : 60_000,
  );

  test.each(scenariosAt(crash.point))(
    '%s comes to its end, once, and every call is on record',
    (scenario) => {
      const { outcome, ...traces } = crashed.evidence(scenario);
      const cell = { ...crash, scenario };
      expect(outcome).toMatchObject(expectedEnd(cell, traces));
      expect(withoutExcused(cell, traces)).toEqual(expectedTrail(cell));
    },
  );
});
