import { Failure } from '../../contract/index.ts';
import type { TestStage, TestStageName, VendorReply } from '../../contract/index.ts';
import type { StructuredOutputMode } from '../../registry/index.ts';
import type { Prompt } from '../../vendors/index.ts';
import { fitsSchema, jsonPrompt, textPrompt } from './prompts.ts';
import { blockedStages, placeFailure, toStages } from './stages.ts';
import type { StageResult } from './stages.ts';

/** What can be done to a provider without knowing whose it is. All of it throws `Failure`, or the reason of a cancellation. */
export interface Trial {
  /** Is this an address that may be reached? */
  judge(): Promise<void>;
  /** Opens a socket and says nothing. */
  knock(): Promise<void>;
  /** Null where no model is there to be called; then the vendor's list shows whether the credential holds. */
  readonly call:
    | ((prompt: Prompt, maxOutputTokens: number, onProgress: () => void) => Promise<VendorReply>)
    | null;
  list(): Promise<unknown>;
}

export interface Tried {
  readonly stages: readonly TestStage[];
  readonly passed: boolean;
  readonly blocked: boolean;
  /** The best mode that gave what was asked for. */
  readonly structuredOutput: StructuredOutputMode | null;
}

/** Enough to see that somebody is there. */
const fewTokens = 16;
/** Models that think first use up a small limit before they say anything (seen with several vendors). */
const moreTokens = 1_024;
const modes: readonly StructuredOutputMode[] = ['json_schema', 'json_object', 'prompt'];

const blocked: Tried = { stages: blockedStages, passed: false, blocked: true, structuredOutput: null };

/** Tries a provider stage by stage, and tells `report` after each what is known so far. */
export async function tryProvider(
  trial: Trial,
  report: (stages: readonly TestStage[]) => Promise<void>,
): Promise<Tried> {
  const results = new Map<TestStageName, StageResult>();
  const end = (structuredOutput: StructuredOutputMode | null = null): Tried => {
    const stages = toStages(results);
    return { stages, passed: !stages.some(hasFailed), blocked: false, structuredOutput };
  };

  const address = await timed(() => trial.judge());
  if (address.failure?.type === 'model.misconfigured') return blocked;
  note(results, 'address', address);
  if (address.failure !== null) return end();

  const socket = await timed(() => trial.knock());
  // The name has changed its mind between two looks.
  if (socket.failure?.type === 'model.misconfigured') return blocked;
  note(results, 'tls', socket);
  if (socket.failure !== null) return end();
  await report(toStages(results));

  const { call } = trial;
  if (call === null) {
    const listed = await timed(() => trial.list());
    note(results, 'auth', listed);
    return end();
  }
  if (!(await callOnce(call, results))) return end();
  await report(toStages(results));

  const found = await timed(() => findMode(call));
  note(results, 'structured-output', found);
  return end(found.value);
}

/** One small call shows two things: that the vendor takes the credential, and that the model answers. */
async function callOnce(
  call: NonNullable<Trial['call']>,
  results: Map<TestStageName, StageResult>,
): Promise<boolean> {
  const began = performance.now();
  let firstMs: number | null = null;
  const onProgress = (): void => {
    firstMs ??= msSince(began);
  };
  const called = await timed(async () => {
    try {
      return await call(textPrompt, fewTokens, onProgress);
    } catch (error) {
      if (!isOf(error, 'model.invalid-answer')) throw error;
      return call(textPrompt, moreTokens, onProgress);
    }
  });
  const { failure } = called;
  const authMs = firstMs ?? called.ms;
  const passed = { failure: null };
  if (failure === null) {
    results.set('auth', { ms: authMs, ...passed });
    results.set('model', { ms: called.ms - authMs, ...passed });
    return true;
  }
  const { stage, authorized } = placeFailure(failure);
  if (authorized) results.set('auth', { ms: authMs, ...passed });
  results.set(stage, { ms: called.ms, failure: failure.type });
  return false;
}

/** The best mode in which the model gives what it is asked for. A server may refuse a mode, or take it and not heed it. */
async function findMode(call: NonNullable<Trial['call']>): Promise<StructuredOutputMode> {
  for (const mode of modes) {
    try {
      const { text } = await call(jsonPrompt(mode), moreTokens, () => {});
      if (fitsSchema(text)) return mode;
    } catch (error) {
      // With a model that has just answered, what was rejected is the mode, whether or not the vendor says so.
      if (!isOf(error, 'model.rejected') && !isOf(error, 'model.invalid-answer')) throw error;
    }
  }
  throw new Failure('model.invalid-answer', 'The model gives no JSON in any mode.');
}

interface Timed<T> {
  readonly ms: number;
  readonly failure: Failure | null;
  readonly value: T | null;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const began = performance.now();
  try {
    const value = await work();
    return { ms: msSince(began), failure: null, value };
  } catch (error) {
    if (!(error instanceof Failure) || !error.type.startsWith('model.')) throw error;
    return { ms: msSince(began), failure: error, value: null };
  }
}

function note(
  results: Map<TestStageName, StageResult>,
  stage: TestStageName,
  { ms, failure }: Timed<unknown>,
): void {
  results.set(stage, { ms, failure: failure?.type ?? null });
}

function msSince(began: number): number {
  return Math.round(performance.now() - began);
}

function hasFailed({ status }: TestStage): boolean {
  return status === 'failed';
}

function isOf(error: unknown, type: Failure['type']): boolean {
  return error instanceof Failure && error.type === type;
}
