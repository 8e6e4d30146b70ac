/** Where something crashes, in the order in which a run passes by. */
const callPoints = [
  'before begin',
  'after sent',
  'bytes sent',
  'answer received',
  'after settle',
  'activity completed',
] as const;
const enginePoints = ['between two actions', 'after an effect', 'during compensation'] as const;

type CallPoint = (typeof callPoints)[number];
export type CrashPoint = CallPoint | (typeof enginePoints)[number];
export const points: readonly CrashPoint[] = [...callPoints, ...enginePoints];

/** What crashes there: the worker by SIGKILL, Temporal by SIGKILL, Postgres by an immediate stop. */
export const victims = ['worker', 'Temporal', 'Postgres'] as const;
type Victim = (typeof victims)[number];

/**
 * What the run would have come to. The first three are the matrix; `text` ends with its answer, and in `failing` it is
 * the call that fails, and so leads to the fallback, that the crash hits.
 */
export const scenarios = ['success', 'fallback', 'compensation', 'text', 'failing'] as const;
export type Scenario = (typeof scenarios)[number];

/** One crash hits a run of every scenario that comes by its point. */
export interface Crash {
  readonly point: CrashPoint;
  readonly victim: Victim;
}

export interface Cell extends Crash {
  readonly scenario: Scenario;
}

export const crashes: readonly Crash[] = victims.flatMap((victim) =>
  points.map((point) => ({ point, victim })),
);

/** Why a scenario never comes by a point; null where it does. */
export function whyImpossible(point: CrashPoint, scenario: Scenario): string | null {
  if ((callPoints as readonly CrashPoint[]).includes(point)) return null;
  if (scenario === 'text') return 'a text run has no actions';
  if (scenario === 'failing') return 'the failing call is over; from here on it is the fallback';
  if (point === 'during compensation' && scenario !== 'compensation') return 'nothing is taken back';
  return null;
}

export function scenariosAt(point: CrashPoint): readonly Scenario[] {
  return scenarios.filter((scenario) => whyImpossible(point, scenario) === null);
}

/**
 * Temporal learns that an engine is gone only when its time for the action, a minute, is over: `executeAction` and
 * `compensateAction` send no heartbeats.
 */
export function isSlow({ point, victim }: Crash): boolean {
  return victim === 'worker' && (point === 'after an effect' || point === 'during compensation');
}

/** One crash of each victim, chosen by the seed, none of them slow. */
export function sliceOf(seed: number): readonly Crash[] {
  return victims.map((victim, index) => {
    const quick = crashes.filter((one) => one.victim === victim && !isSlow(one));
    return quick[(seed * 5 + index * 3) % quick.length]!;
  });
}
