import type {
  ActionRequest,
  CompensateRequest,
  EffectStatus,
  Ending,
  HopLimits,
  InvokeRequest,
  NextHop,
  OutcomeRecord,
  Reply,
  ResolveRequest,
  RunOutcome,
} from '../../contract/index.ts';
import type { Asker } from './requests.ts';
import type { Trail } from './trail.ts';

/**
 * Everything a run may do to the world. Temporal carries these out in `../durable/`; tests carry them out in memory, a
 * hundred thousand runs at a time. A run that should never have been started makes any of them throw `Failure('run.…')`.
 */
export interface DurableSteps {
  /** Runs `body` to its end, or until an operator aborts or Temporal cancels. */
  readonly untilAborted: (body: () => Promise<Ending>) => Promise<Ending>;
  readonly resolve: (question: ResolveRequest) => Promise<NextHop>;
  readonly invoke: (call: InvokeRequest, limits: HopLimits) => Promise<Reply>;
  /** Waits, but not longer than until something has changed. */
  readonly wait: (delayMs: number) => Promise<void>;
  /** The same for minutes to weeks; the one place where a run may continue as new. */
  readonly park: (delayMs: number) => Promise<void>;
  readonly act: (request: ActionRequest) => Promise<ActionResult>;
  /** `unknown` where the engine refused for good: what became of that action, people have to see. */
  readonly undo: (request: CompensateRequest) => Promise<'undone' | 'unknown'>;
  readonly record: (record: OutcomeRecord) => Promise<RunOutcome>;
}

/** The parts of one run: who asks, what has happened, the steps into the world, and the clock. */
export interface OpenRun {
  readonly asker: Asker;
  readonly trail: Trail;
  readonly durable: DurableSteps;
  readonly nowMs: () => number;
}

/** How an action ended, as far as the workflow can tell. */
export interface ActionResult {
  readonly status: EffectStatus;
  /** What was applied, where that is not what was asked. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly undo: unknown;
}
