import type { Effect, Hop, NextHop, Reply, RunEvent, RunState, SkippedHop } from '../../contract/index.ts';

export function begin(nowMs: number): RunState {
  return {
    version: 1,
    phase: 'resolving',
    round: 0,
    roundSinceMs: nowMs,
    hops: [],
    calling: null,
    requested: null,
    skipped: [],
    refused: [],
    parked: null,
    waited: { times: 0, totalMs: 0 },
    order: null,
    stale: false,
    answer: null,
    unsettled: [],
    effects: [],
    actionDeadlineMs: 0,
    ending: null,
    outcome: null,
  };
}

/** What the run knows once `event` has happened. The only place where a run's state changes. */
export function after(state: RunState, event: RunEvent, nowMs: number): RunState {
  switch (event.type) {
    case 'asking':
      return { ...state, stale: false };
    case 'resolved':
      return afterResolving(state, event.hop, nowMs);
    case 'replied':
      return afterReply(state, event.reply, nowMs);
    case 'woken':
      return afterWaking(state, nowMs);
    case 'told-to-retry':
      return { ...state, order: null, stale: true };
    case 'told-to-use':
      return { ...state, order: event.order, stale: true };
    case 'registry-changed':
      return { ...state, stale: true };
    case 'acting':
      return { ...state, phase: 'acting', effects: [...state.effects, event.effect] };
    case 'acted':
    case 'undone':
      return { ...state, effects: state.effects.map((effect) => latest(effect, event.effect)) };
    case 'ended':
      return {
        ...state,
        hops: [...state.hops, ...interrupted(state, nowMs)],
        calling: null,
        parked: null,
        ending: event.ending,
      };
    case 'undoing':
      return { ...state, phase: 'compensating' };
    case 'recorded':
      return { ...state, phase: event.outcome.status, outcome: event.outcome };
  }
}

function afterResolving(state: RunState, hop: NextHop, nowMs: number): RunState {
  const next: RunState = {
    ...state,
    requested: state.requested ?? hop.requested,
    skipped: withNews(state.skipped, hop.skipped),
    actionDeadlineMs: hop.actionDeadlineMs,
  };
  switch (hop.next) {
    case 'call':
      return { ...next, phase: 'invoking', parked: null, calling: { hop, sinceMs: nowMs } };
    case 'park':
      return {
        ...next,
        phase: 'parked',
        parked: { because: hop.because, sinceMs: nowMs, untilMs: nowMs + hop.delayMs },
      };
    case 'wait':
    case 'fail':
    case 'ran':
      return next;
  }
}

function afterReply(state: RunState, reply: Reply, nowMs: number): RunState {
  if (state.calling === null) throw new Error('A reply without a call.');
  const { hop: planned, sinceMs } = state.calling;
  const next: RunState = { ...state, calling: null, phase: 'resolving' };
  if (!reply.ok && reply.refused !== undefined) {
    return {
      ...next,
      refused: [...state.refused, reply.refused],
      skipped: withNews(state.skipped, [reply.refused]),
    };
  }
  const earlier = state.hops.find(({ hop }) => hop === planned.hop);
  const finished: Hop = {
    ...(reply.ok ? reply.candidate : planned.candidate),
    hop: planned.hop,
    round: state.round,
    outcome: reply.ok ? 'answered' : 'failed',
    failure: reply.ok ? null : reply.failure,
    calls: reply.calls + (earlier?.calls ?? 0),
    usage: reply.usage,
    durationMs: nowMs - sinceMs + (earlier?.durationMs ?? 0),
  };
  const hops = [...state.hops.filter((one) => one !== earlier), finished];
  if (!reply.ok) return { ...next, hops };
  const unsettled = reply.unsettled === null ? [] : [reply.unsettled];
  return { ...next, hops, phase: state.phase, answer: reply.answer, outcome: reply.outcome, unsettled };
}

/** The phase stays `parked` until a call begins, so that a look at the registry shows no flicker. */
function afterWaking(state: RunState, nowMs: number): RunState {
  const { times, totalMs } = state.waited;
  const sinceMs = state.parked?.sinceMs ?? nowMs;
  return {
    ...state,
    round: state.round + 1,
    roundSinceMs: nowMs,
    refused: [],
    waited: { times: times + 1, totalMs: totalMs + nowMs - sinceMs },
  };
}

/** A call that an abort cut off may have been billed, so it stays on the trail. */
function interrupted({ calling, round }: RunState, nowMs: number): readonly Hop[] {
  if (calling === null) return [];
  const { candidate, hop } = calling.hop;
  const durationMs = nowMs - calling.sinceMs;
  return [
    { ...candidate, hop, round, outcome: 'interrupted', failure: null, calls: 1, usage: null, durationMs },
  ];
}

function withNews(known: readonly SkippedHop[], news: readonly SkippedHop[]): readonly SkippedHop[] {
  const same = (one: SkippedHop, other: SkippedHop): boolean =>
    one.layer === other.layer && one.model === other.model && one.reason === other.reason;
  return [...known, ...news.filter((one) => !known.some((other) => same(one, other)))];
}

function latest(known: Effect, news: Effect): Effect {
  return known.step === news.step ? news : known;
}
