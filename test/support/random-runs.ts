import type { Candidate } from '../../contract/index.ts';
import { boundaryRefusal, classesOf, permit } from '../../registry/policy/permit.ts';
import { planCandidates } from '../../registry/policy/plan-candidates.ts';
import type { PlanRows } from '../../registry/policy/rows.ts';
import { aRun, openWorld, runInMemory } from './memory-world.ts';
import { modelRow, planRows, policyRow } from './policy-rows.ts';

interface Defect {
  readonly name: string;
  readonly plant: (world: ReturnType<typeof openWorld>) => void;
}

/** Each of these must make the random runs fail, or they prove nothing. */
export const defects: readonly Defect[] = [
  {
    name: 'begin does not judge',
    plant: (world) => (world.judge = () => ({ verdict: 'permitted', ceiling: 5 })),
  },
  {
    name: 'classes of the rules are forgotten at the call',
    plant: (world) => {
      const real = world.judge;
      world.judge = (rows, question, candidate) =>
        real({ ...rows, policy: { ...rows.policy, classes: [] } }, question, candidate);
    },
  },
  {
    name: 'provider lists are forgotten at the call',
    plant: (world) => {
      const real = world.judge;
      world.judge = (rows, question, candidate) =>
        real({ ...rows, policy: { ...rows.policy, providers: null } }, question, candidate);
    },
  },
  {
    name: 'the calls of a round are not counted',
    plant: (world) => (world.count = () => ({ round: 0, byModel: {} })),
  },
  {
    name: 'a disabled model is called',
    plant: (world) => {
      const real = world.judge;
      const on = (row: typeof world.rows.assigned) => row && { ...row, modelEnabled: true };
      world.judge = (rows, question, candidate) =>
        real({ ...rows, ordered: on(rows.ordered) }, question, candidate);
    },
  },
  {
    name: 'onFailure none is overlooked',
    plant: (world) =>
      (world.plan = (rows, question) =>
        planCandidates({ ...rows, policy: { ...rows.policy, onFailure: 'cascade' } }, question)),
  },
];

const results = [
  'ok',
  'model.server-error',
  'model.timed-out',
  'model.rate-limited',
  'model.context-too-long',
  'model.content-filtered',
  'model.unauthorized',
  'worker.lost',
] as const;

/** Runs `count` random runs against a registry that changes between any two steps, and returns what was wrong. */
export async function randomRuns(
  count: number,
  seed: number,
  plant: Defect['plant'] = () => {},
): Promise<string | null> {
  const random = mulberry32(seed);
  const pick = <T>(...choices: readonly T[]): T => choices[floor(random() * choices.length)]!;
  const anyModel = (name: string) =>
    random() < 0.25
      ? null
      : modelRow(name, {
          modelEnabled: random() > 0.15,
          providerEnabled: random() > 0.1,
          credential: pick('active', 'active', 'active', 'revoked', 'missing', 'not-needed'),
          contextTokens: pick(null, 4_000, 8_000, 32_000),
          approvedFor: pick([], ['financial'], ['financial', 'medical']),
        });
  const anyRows = () =>
    planRows({
      assigned: anyModel('assigned'),
      byDefault: anyModel('default'),
      platform: anyModel('platform/ai'),
      policy: policyRow({
        whenMissing: pick('platform', 'fail'),
        onFailure: pick('platform', 'cascade', 'none'),
        classes: pick([], [], ['financial'], ['medical']),
        unclassified: pick(null, null, 'financial'),
        providers: pick(null, null, ['p-assigned', 'platform'], ['p-default']),
      }),
    });
  for (let n = 0; n < count; n += 1) {
    const world = openWorld({
      rows: anyRows(),
      vendor: () => pick(...results),
      engine: () => pick('done', 'failed'),
    });
    let steps = 0;
    world.before = () => {
      if ((steps += 1) > 200) throw new Error('a run that never ends');
      if (random() < 0.3) world.rows = anyRows();
    };
    plant(world);
    const dataClass = pick(null, null, 'financial');
    const fault = await faultOf(world, dataClass);
    if (fault !== null) return fault;
  }
  return null;
}

async function faultOf(
  world: ReturnType<typeof openWorld>,
  dataClass: string | null,
): Promise<string | null> {
  try {
    await runInMemory(world, aRun({ dataClass }));
  } catch (error) {
    return String(error);
  }
  for (const { candidate, rows } of world.bill) {
    const row = [rows.assigned, rows.byDefault, rows.platform].find((one) => one?.model === candidate.model);
    if (!row) return 'a model was called that is not there';
    const classes = classesOf(rows.policy, { dataClass });
    if (boundaryRefusal(row, rows.policy, classes) !== null) return 'a boundary was crossed';
    if (permit(row, rows.policy, classes) !== null) return 'a model was called that was not ready';
  }
  if (world.bill.some(({ candidate, planned }) => strays(candidate, planned)))
    return 'somebody else was asked';
  const filtered = world.bill.findIndex(({ result }) => result === 'model.content-filtered');
  if (filtered !== -1 && filtered !== world.bill.length - 1) return 'a laxer model was asked';
  const { callsPerRound } = world.rows.policy.budget;
  if (world.bill.length > callsPerRound) return 'more calls than the budget has';
  return world.recorded.length === 1 ? null : `${world.recorded.length} outcomes`;
}

/** A layer that `onFailure` closes while a model before it is configured. */
function strays({ layer }: Candidate, { assigned, byDefault, policy }: PlanRows): boolean {
  const firstLayer = assigned === null ? (byDefault === null ? 'platform' : 'organization') : 'behavior';
  if (layer === firstLayer) return false;
  return policy.onFailure === 'none' || (policy.onFailure === 'platform' && layer === 'organization');
}

// Looked up once: a global is slow to reach from within jest, and this is asked for several million times.
const { imul, floor } = Math;

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
