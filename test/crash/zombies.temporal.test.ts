import type { Trail } from './evidence.ts';
import { openCrashSite } from './crash-site.ts';
import type { CrashSite } from './crash-site.ts';
import { crashRegistry, pipes } from './runs.ts';
import { tellStories } from './zombie.ts';
import type { Story, Told } from './zombie.ts';

/** A story, and what has to be left of its run. */
interface Case extends Story {
  /** The zombie writes the outcome down once more, as it is. */
  readonly writtenAgain?: true;
  readonly left: Partial<Trail>;
}

const inCall = (point: string): Pick<Story, 'at' | 'over'> => ({
  at: [point, 'own'],
  over: ['activity completed', 'own'],
});
const inRecord: Pick<Story, 'at' | 'over'> = {
  at: ['before record', 'completed'],
  over: ['after record', 'completed'],
};
const inAction = (point: string): Pick<Story, 'at' | 'over'> => ({
  at: [point, 'b'],
  over: ['action over', 'b'],
});

const rows = (...states: readonly string[]) => states.map((state) => ({ model: 'own', state }));
const recorded = (status: string) => [{ status }];
const effects = (state: string, generation: number, actions = 'abc') =>
  [...actions].map((action) => ({ action, state, generation }));

/** Each action done once and not taken back. */
const done = { effects: effects('done', 1), written: 2, takenBack: 0, recorded: recorded('completed') };
/** The two actions that could be done were, and were taken back, once. */
const undone = {
  effects: effects('undone', 1, 'ab'),
  written: 2,
  takenBack: 2,
  recorded: recorded('failed'),
};

const ofWorker = {
  'before a call begins: it makes none': {
    scenario: 'success',
    ...inCall('before begin'),
    left: { ...done, calls: { own: 1 }, rows: rows('answered') },
  },
  'before a call begins whose answer has ended the run: it ends it with nothing else': {
    scenario: 'text',
    ...inCall('before begin'),
    writtenAgain: true,
    left: { calls: { own: 1 }, rows: rows('answered'), recorded: recorded('completed') },
  },
  'before a call begins, and the run was reset: it makes none': {
    scenario: 'success',
    ...inCall('before begin'),
    meanwhile: 'reset',
    left: { ...done, calls: { own: 1 }, rows: rows('answered') },
  },
  'before the socket opens: what it was permitted is too old, and it sends nothing': {
    scenario: 'success',
    ...inCall('after sent'),
    left: { ...done, calls: { own: 1 }, rows: rows('unknown', 'answered') },
  },
  'with the bytes sent: its call stays unknown': {
    scenario: 'success',
    ...inCall('bytes sent'),
    left: { ...done, calls: { own: 2 }, rows: rows('unknown', 'answered') },
  },
  'with an answer, and the actions of the other answer were undone: they stay undone': {
    scenario: 'compensation',
    ...inCall('answer received'),
    left: { ...undone, calls: { own: 2 }, rows: rows('unknown', 'answered') },
  },
  'with an answer, and the run was reset: the outcome and the ledger stay': {
    scenario: 'success',
    ...inCall('answer received'),
    meanwhile: 'reset',
    left: { ...done, calls: { own: 2 }, rows: rows('unknown', 'answered'), answersKept: 0 },
  },
  'with a text that would end the run, and it was reset: the outcome stays': {
    scenario: 'text',
    ...inCall('answer received'),
    meanwhile: 'reset',
    left: { calls: { own: 2 }, rows: rows('unknown', 'answered'), recorded: recorded('completed') },
  },
  'with a text that would end the run, and it was cancelled: the outcome stays': {
    scenario: 'text',
    ...inCall('answer received'),
    meanwhile: 'cancel',
    left: { recorded: recorded('aborted') },
  },
  'before the next action, and all of them were undone: they stay undone': {
    scenario: 'compensation',
    at: ['before effect', 'b'],
    left: { ...undone, calls: { own: 1 }, rows: rows('answered') },
  },
  'before it records an outcome, and the run was terminated: what the sweep recorded stays': {
    scenario: 'success',
    ...inRecord,
    meanwhile: 'terminate',
    left: { ...done, recorded: recorded('aborted') },
  },
  'before it records an outcome, and the run was reset: the other outcome stays': {
    scenario: 'success',
    ...inRecord,
    meanwhile: 'reset',
    left: { ...done, calls: { own: 2 }, rows: rows('answered', 'answered') },
  },
  'before it records an outcome that another worker has recorded: there is one': {
    scenario: 'success',
    ...inRecord,
    left: done,
  },
} as const satisfies Readonly<Record<string, Case>>;

const ofEngine = {
  'before an effect, and the run was cancelled: the effect is refused': {
    scenario: 'success',
    ...inAction('before effect'),
    meanwhile: 'cancel',
    left: {
      effects: [...effects('undone', 1, 'a'), ...effects('undone', 0, 'b')],
      written: 1,
      takenBack: 1,
      recorded: recorded('aborted'),
    },
  },
  'before an effect that the run which replaced its own has undone: the effect is refused': {
    scenario: 'compensation',
    ...inAction('before effect'),
    meanwhile: 'reset',
    left: undone,
  },
  'before an effect that the run which replaced its own has had: there is one': {
    scenario: 'success',
    ...inAction('before effect'),
    meanwhile: 'reset',
    left: done,
  },
  'after an effect that was undone: it stays undone': {
    scenario: 'success',
    ...inAction('after effect'),
    meanwhile: 'cancel',
    left: { ...undone, recorded: recorded('aborted') },
  },
  'before it undoes an action that the run which replaced its own relies on: the action stays done': {
    scenario: 'success',
    cancelledAt: ['before effect', 'c'],
    at: ['before undo', 'b'],
    meanwhile: 'reset',
    over: ['after undo', 'b'],
    left: done,
  },
} as const satisfies Readonly<Record<string, Case>>;

let site: CrashSite;
let told: Readonly<Record<string, Told>>;

beforeAll(async () => {
  site = await openCrashSite(crashRegistry, { workflowTaskTimeoutMs: 2_000 });
  for (const pipe of pipes) await site.engine.install(pipe);
  const both = [tellStories(site, 'runs', ofWorker), tellStories(site, 'engine', ofEngine)];
  told = Object.assign({}, ...(await Promise.all(both)));
}, 120_000);
afterAll(() => site?.close());

function expectUntouched(name: string, { left, meanwhile, writtenAgain }: Case): void {
  const { before, after } = told[name]!;
  expect(after.trail).toMatchObject(left);
  const same = writtenAgain ? { recorded_at: expect.any(Date) } : {};
  expect(after.outcome).toEqual(before.outcome.map((row) => ({ ...row, ...same })));
  expect(after.effects).toEqual(before.effects);
  // A call of an aborted run may still say how it ended.
  if (meanwhile !== 'cancel') expect(after.ledger).toEqual(before.ledger);
}

describe('a worker that is stopped, and wakes up when another one has brought its run to the end,', () => {
  test.each(Object.entries<Case>(ofWorker))('%s', expectUntouched);
});

describe('an engine that is stopped, and wakes up when another one has served the run,', () => {
  test.each(Object.entries<Case>(ofEngine))('%s', expectUntouched);
});
