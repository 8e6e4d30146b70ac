import type { RunOutcome } from '../../contract/index.ts';
import type { Cell } from './cells.ts';
import type { LedgerRow, Trail } from './evidence.ts';

/** What a run comes to, whatever crashes. It says itself how many calls each model was asked with. */
export function expectedEnd(cell: Cell, { rows }: Trail): Partial<RunOutcome> {
  const { scenario } = cell;
  const fellBack = scenario === 'fallback' || scenario === 'failing';
  const models = fellBack ? ['own', 'platform/ai'] : ['own'];
  return {
    status: scenario === 'compensation' ? 'failed' : 'completed',
    answeredBy: expect.objectContaining({ model: models.at(-1) }),
    reason: fellBack ? 'after:model.not-found' : 'assigned',
    failure: scenario === 'compensation' ? { type: 'action.failed', lastModelFailure: null } : null,
    hops: models.map((model) =>
      expect.objectContaining({ model, calls: rows.filter((row) => row.model === model).length }),
    ),
    actions: statusesOf(cell).map((status) => expect.objectContaining({ status })),
  };
}

/** An engine that died after an effect is asked again, and knows; where Temporal died it may have heard of it before. */
function statusesOf({ point, victim, scenario }: Cell): readonly string[] {
  if (scenario === 'text') return [];
  if (scenario === 'compensation') return ['undone', 'undone', 'failed'];
  if (point !== 'after an effect' || victim === 'Postgres') return ['done', 'done', 'done'];
  const second = victim === 'worker' ? 'already-done' : expect.stringMatching(/^(already-)?done$/);
  return ['done', second, 'done'];
}

/** What is left behind: one effect per action, one outcome per event, a row per call, every repeated call `unknown`. */
export function expectedTrail(cell: Cell): Trail {
  const { scenario } = cell;
  const hops: readonly Hop[] =
    scenario === 'fallback'
      ? [{ model: 'own', end: 'failed' }, hopOf(cell, 'platform/ai', 'answered')]
      : scenario === 'failing'
        ? [hopOf(cell, 'own', 'failed'), { model: 'platform/ai', end: 'answered' }]
        : [hopOf(cell, 'own', 'answered')];
  const undone = scenario === 'compensation';
  const effect = (action: string) => ({ action, state: undone ? 'undone' : 'done', generation: 1 });
  const actions = scenario === 'text' ? [] : undone ? ['a', 'b'] : ['a', 'b', 'c'];
  return {
    calls: Object.fromEntries(hops.map(({ model, calls = 1 }) => [model, calls])),
    rows: hops.flatMap(({ model, end, before = [] }) => [
      ...before.map((state) => ({ model, state })),
      { model, state: end },
    ]),
    effects: actions.map(effect),
    written: actions.length === 0 ? 0 : 2,
    takenBack: undone ? 2 : 0,
    recorded: [{ status: undone ? 'failed' : 'completed' }],
    answersKept: 0,
  };
}

/**
 * Temporal may have been away for longer than the heartbeat limit, so that the call was tried once more although its
 * worker lived. Then its row is there and marked, and the rest is as if it had not been. An answer that was stored is no excuse.
 */
export function withoutExcused(cell: Cell, trail: Trail): Trail {
  const { victim, point, scenario } = cell;
  if (victim !== 'Temporal') return trail;
  const model = scenario === 'fallback' ? 'platform/ai' : 'own';
  const [first, ...later] = trail.rows.filter((row) => row.model === model);
  const isStored = point === 'after settle' || point === 'activity completed';
  const excused = scenario === 'failing' ? first?.state !== 'sent' : first?.state === 'unknown' && !isStored;
  const calls = trail.calls[model] ?? 0;
  if (!excused || later.length !== 1 || calls > 2) return trail;
  return { ...trail, calls: { ...trail.calls, [model]: 1 }, rows: trail.rows.filter((row) => row !== first) };
}

interface Hop {
  readonly model: string;
  /** How the row of its last call ended. */
  readonly end: string;
  /** One, unless the crash hid how a call ended. */
  readonly calls?: number;
  /** The rows of the calls before the last one. */
  readonly before?: readonly LedgerRow['state'][];
}

/** Only a dead worker can hide how its call ended: what outlives the others tells them when they are back. */
function hopOf({ point, victim }: Cell, model: string, end: 'answered' | 'failed'): Hop {
  if (victim !== 'worker') return { model, end };
  switch (point) {
    case 'after sent':
      return { model, end, before: ['unknown'] };
    case 'bytes sent':
    case 'answer received':
      return { model, end, calls: 2, before: ['unknown'] };
    case 'after settle':
    case 'activity completed':
      // A stored answer is never bought twice. A failure is asked about again: its row says so.
      return end === 'answered' ? { model, end } : { model, end, calls: 2, before: ['failed'] };
    default:
      return { model, end };
  }
}
