import type {
  ActionRequest,
  Answer,
  BehaviorRun,
  CallHop,
  CompensateRequest,
  Effect,
  HopLimits,
  InvokeRequest,
  ModelOrder,
  OutcomeRecord,
  ResolveRequest,
  RunRequest,
  RunState,
  TriedHop,
} from '../../contract/index.ts';
import { draftOf } from './outcome.ts';

/** Who is asking: the same in every request of one execution. */
export interface Asker {
  readonly run: BehaviorRun;
  readonly ticket: string | null;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstRunId: string;
}

export function questionOf(asker: Asker, state: RunState, nowMs: number): ResolveRequest {
  return {
    ...requestOf(asker, state, nowMs),
    hops: state.hops.length,
    tried: triedOf(state),
    refused: state.refused,
    roundMs: nowMs - state.roundSinceMs,
    waited: state.waited,
    order: state.order,
  };
}

/** Would this model be permitted? Asked before an operator's order is accepted, as if nothing had been tried. */
export function previewOf(asker: Asker, state: RunState, order: ModelOrder, nowMs: number): ResolveRequest {
  return { ...questionOf(asker, state, nowMs), tried: [], refused: [], roundMs: 0, order };
}

export function callOf(
  asker: Asker,
  state: RunState,
  { hop, candidate }: CallHop,
  nowMs: number,
): InvokeRequest {
  return {
    ...requestOf(asker, state, nowMs),
    run: asker.run,
    hop,
    candidate,
    tried: triedOf(state),
    roundMs: nowMs - state.roundSinceMs,
    order: state.order,
    draft: asker.run.behavior.answer === 'text' ? draftOf(state) : null,
  };
}

export function recordOf(asker: Asker, state: RunState, nowMs: number): OutcomeRecord {
  return { ...requestOf(asker, state, nowMs), draft: draftOf(state), unsettled: state.unsettled };
}

/**
 * What policy allows, in options that Temporal takes. An option that Temporal refuses would not fail the run but wedge
 * it, so every value is brought into bounds here, whatever the registry said.
 */
export function callOptions(limits: HopLimits) {
  const withinMs = clamp(limits.withinMs, 1_000, dayMs);
  const firstMs = clamp(limits.backoffMs, 1, withinMs);
  return {
    heartbeatTimeout: clamp(limits.heartbeatMs, 1_000, withinMs),
    startToCloseTimeout: clamp(limits.tryMs, 1_000, withinMs),
    scheduleToCloseTimeout: withinMs,
    retry: {
      initialInterval: firstMs,
      backoffCoefficient: 2,
      maximumInterval: clamp(limits.backoffMaxMs, firstMs, withinMs),
    },
  };
}

/** One effect per action of the plan, in its order, before anything has happened. */
export function effectsOf({ run, workflowId }: Asker, answer: Answer): readonly Effect[] {
  if (answer.kind === 'text') return [];
  return answer.actionCalls.map(({ referenceId, fields }, step, all) => {
    const nth = all.slice(0, step).filter((earlier) => earlier.referenceId === referenceId).length + 1;
    const { actionType } = offeredAction(run, referenceId);
    const idempotencyKey = `${workflowId}/${referenceId}/${nth}`;
    return { step, idempotencyKey, referenceId, actionType, fields, status: 'unknown', undo: null };
  });
}

export function actionOf(asker: Asker, effect: Effect, nowMs: number): ActionRequest {
  const { run, workflowId, runId } = asker;
  return {
    version: 1,
    org: run.org,
    pipe: run.pipe,
    card: run.card.id,
    behavior: run.behavior.id,
    workflowId,
    runId,
    requestedAt: new Date(nowMs).toISOString(),
    action: offeredAction(run, effect.referenceId),
    fields: effect.fields,
    idempotencyKey: effect.idempotencyKey,
  };
}

export function compensationOf(asker: Asker, effect: Effect, nowMs: number): CompensateRequest {
  return { ...actionOf(asker, effect, nowMs), undo: effect.undo };
}

function requestOf({ run, ticket, firstRunId }: Asker, state: RunState, nowMs: number): RunRequest {
  const { org, pipe, behavior } = run;
  return {
    ticket,
    claimed: { org, pipe, behavior: behavior.id, dataClass: behavior.dataClass },
    firstRunId,
    askedAtMs: nowMs,
    round: state.round,
  };
}

function triedOf({ hops, round }: RunState): readonly TriedHop[] {
  return hops.flatMap(({ hop, model, failure, round: then }) =>
    failure !== null && then === round ? [{ hop, model, failure }] : [],
  );
}

/** `invokeModel` has checked that the plan calls only what the Behavior offers. */
function offeredAction(run: BehaviorRun, referenceId: string): BehaviorRun['behavior']['actions'][number] {
  const action = run.behavior.actions.find((one) => one.referenceId === referenceId);
  if (action === undefined) throw new Error('The plan calls an action that the Behavior does not offer.');
  return action;
}

/** How long an action may be tried, the waiting for an engine included. */
export function actionTimeoutMs({ actionDeadlineMs }: RunState): number {
  return clamp(actionDeadlineMs, 1_000, 30 * dayMs);
}

const dayMs = 24 * 60 * 60 * 1_000;

function clamp(value: number, min: number, max: number): number {
  return Number.isFinite(value) ? Math.round(Math.min(max, Math.max(min, value))) : max;
}
