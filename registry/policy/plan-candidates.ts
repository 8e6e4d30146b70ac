import { failures } from '../../contract/index.ts';
import type {
  CallHop,
  Considered,
  FailHop,
  FailureType,
  HopLimits,
  Layer,
  NextHop,
  Reason,
  SkippedHop,
  TriedHop,
} from '../../contract/index.ts';
import { ceilingOf, hasCallLeft } from './budget.ts';
import { boundaryRefusal, classesOf, isBoundary, readinessRefusal } from './permit.ts';
import { placesOf, requestedOf } from './places.ts';
import type { Place, PlanQuestion, PlanRows } from './rows.ts';

/** Refused at the very call three times in a round: the registry is changing under the run, and it ends. */
const refusalsMax = 3;
/** Calls that one try of the activity may hold: the answer, two refused modes, a retiring credential, one repair. */
const callsPerTry = 5;
const graceMs = 30_000;

/** The part of a question that decides who may be asked. */
type Asked = Omit<PlanQuestion, 'hops'>;

/** Which model may be called next, if any. The whole of policy, and nothing else: rows and a question in, one answer out. */
export function planCandidates(rows: PlanRows, question: PlanQuestion): NextHop {
  const places = placesOf(rows, question);
  const chosen = places.find((one) => whyNot(one, places, rows, question) === null) ?? null;
  const considered: Considered = {
    requested: requestedOf(rows),
    skipped: skippedOf(chosen, places, rows, question),
    actionDeadlineMs: rows.policy.budget.actionDeadlineMs,
  };
  return { ...considered, ...nextOf(chosen, places, considered.skipped, rows, question) };
}

/** How many places other than this model's could still be asked. */
export function hopsToCome(model: string, rows: PlanRows, question: Asked): number {
  const places = placesOf(rows, question);
  return places.filter((one) => one.row.model !== model && whyNot(one, places, rows, question) === null)
    .length;
}

function nextOf(
  chosen: Place | null,
  places: readonly Place[],
  skipped: readonly SkippedHop[],
  rows: PlanRows,
  question: PlanQuestion,
): CallHop | FailHop {
  const lastModelFailure = lastVerdict(question)?.failure ?? null;
  const follows = lastModelFailure === null ? 'yes' : failures[lastModelFailure].fallback;
  if (lastModelFailure !== null && follows === 'no') return fail(lastModelFailure, question);
  if (follows === 'wait') return fail('budget.exhausted', question);
  const exhausted = question.refused.length >= refusalsMax;
  if (chosen === null || exhausted)
    return fail(whyNobody([...skipped, ...question.refused], question), question);

  const { model } = chosen.row;
  const { budget } = rows.policy;
  const ceiling = ceilingOf(budget, hopsToCome(model, rows, question));
  const leftMs = budget.roundMs - question.roundMs;
  if (leftMs <= 0 || !hasCallLeft(rows.counts, budget, model, ceiling))
    return fail('budget.exhausted', question);
  return {
    next: 'call',
    hop: hopNumber(model, question),
    candidate: {
      layer: chosen.layer,
      provider: chosen.row.provider,
      model,
      vendor: chosen.row.vendor,
      reason: reasonOf(chosen, places, rows, question),
    },
    limits: limitsOf(chosen, rows, leftMs),
  };
}

function fail(because: FailureType, question: Asked): FailHop {
  const model = question.tried.filter(isVerdict).findLast(({ failure }) => failure.startsWith('model.'));
  return { next: 'fail', because, lastModelFailure: model?.failure ?? null };
}

/** A boundary outranks the model's own failure: it says that somebody else was there and must not be asked. */
function whyNobody(skipped: readonly SkippedHop[], question: Asked): FailureType {
  const reasons = skipped.map(({ reason }) => reason);
  const failed = lastVerdict(question);
  if (reasons.some(isBoundary)) return 'policy.forbidden';
  if (failed !== null) return failed.failure;
  if (reasons.some((one) => one.startsWith('credential-'))) return 'model.misconfigured';
  return reasons.includes('no-price') ? 'budget.exhausted' : 'policy.no-model';
}

/** Why this place cannot be the next one, or null. */
function whyNot(
  place: Place,
  places: readonly Place[],
  { policy, ...rows }: PlanRows,
  question: Asked,
): Reason | null {
  if (wasTried(place.row.model, question)) return 'already-tried';
  return (
    boundaryRefusal(place.row, policy, classesOf(policy, question)) ??
    place.cut ??
    readinessRefusal(place.row) ??
    windowRefusal(place, places, { policy, ...rows }, question)
  );
}

/** A prompt that was too long for one model goes only to a model that is known to have a larger window. */
function windowRefusal(
  place: Place,
  places: readonly Place[],
  rows: PlanRows,
  { tried }: Asked,
): Reason | null {
  const tooSmall = tried.filter(({ failure }) => failures[failure].fallback === 'larger-window');
  if (tooSmall.length === 0) return null;
  const known = [...places.map(({ row }) => row), rows.assigned, rows.byDefault, rows.platform];
  const windows = tooSmall.map(({ model }) => known.find((row) => row?.model === model)?.contextTokens ?? 0);
  return (place.row.contextTokens ?? 0) > Math.max(...windows) ? null : 'window-not-larger';
}

/** Places that were looked at before the chosen one, or all of them, and were not asked; a layer that has no model too. */
function skippedOf(
  chosen: Place | null,
  places: readonly Place[],
  rows: PlanRows,
  question: Asked,
): readonly SkippedHop[] {
  const looked = chosen === null ? places : places.slice(0, places.indexOf(chosen));
  const skipped = looked.flatMap((one, index): readonly SkippedHop[] => {
    const reason = whyNot(one, places, rows, question);
    const asked =
      reason === 'already-tried' && !places.slice(0, index).some(({ row }) => row.model === one.row.model);
    return reason === null || asked ? [] : [{ layer: one.layer, model: one.row.model, reason }];
  });
  return chosen === null && places.length === 0 && question.order === null ? absentLayers(rows) : skipped;
}

function absentLayers({ platform }: PlanRows): readonly SkippedHop[] {
  const absent = (layer: Layer, reason: Reason): SkippedHop => ({ layer, model: null, reason });
  return [
    absent('behavior', 'not-assigned'),
    absent('organization', 'no-default'),
    ...(platform === null ? [absent('platform', 'nothing-configured')] : []),
  ];
}

/** Why this one: its own reason where it is the first, else what became of the place before it. */
function reasonOf(chosen: Place, places: readonly Place[], rows: PlanRows, question: Asked): Reason {
  const before = places[places.indexOf(chosen) - 1];
  if (before === undefined) return chosen.reason;
  const failed = question.tried.findLast((one) => isVerdict(one) && one.model === before.row.model);
  return failed === undefined
    ? (whyNot(before, places, rows, question) ?? chosen.reason)
    : `after:${failed.failure}`;
}

/** A hop that is asked again through no fault of the model keeps its number: the ledger finds what it left. */
function hopNumber(model: string, { tried, hops }: PlanQuestion): number {
  const last = tried.at(-1);
  return last !== undefined && !isVerdict(last) && last.model === model ? last.hop : hops + 1;
}

function limitsOf({ row }: Place, { policy: { budget } }: PlanRows, leftMs: number): HopLimits {
  return {
    heartbeatMs: budget.heartbeatMs,
    tryMs: Math.min(graceMs + row.totalTimeoutMs * callsPerTry, leftMs),
    withinMs: leftMs,
    backoffMs: budget.backoffMs,
    backoffMaxMs: budget.backoffMaxMs,
  };
}

function wasTried(model: string, { tried }: Asked): boolean {
  return tried.some((one) => isVerdict(one) && one.model === model);
}

function lastVerdict({ tried }: Asked): TriedHop | null {
  return tried.findLast(isVerdict) ?? null;
}

/** Only a failure that is the model's own makes it "tried". */
function isVerdict({ failure }: TriedHop): boolean {
  return failures[failure].fallback !== 'again';
}
