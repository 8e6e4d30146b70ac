import { Failure, runLimits } from '../contract/index.ts';
import type { OutcomeDraft, RunOutcome, UnsettledCall, Usage } from '../contract/index.ts';
import type { OpenCall, RunIdentity, StructuredOutputMode } from '../registry/index.ts';
import { vendorOf } from '../vendors/index.ts';
import type { Ask, Called } from './asking/ask.ts';
import type { Dependencies } from './dependencies.ts';
import { withCredential } from './with-credential.ts';
import { untilStored } from './until-stored.ts';

/** How one call is to be made. */
export interface CallOptions {
  readonly identity: RunIdentity;
  readonly model: string;
  readonly signal: AbortSignal;
  /** By `performance.now()`, which knows of no clock that is set. */
  readonly begunAtMs: number;
  /** For a text run: the outcome with this answer in it, so that storing the answer ends the run. */
  draftWith(called: Called): OutcomeDraft | null;
}

/** After that the rows that a call was permitted by are too old to send data anywhere: a worker may have stood still. */
const begunMaxMs = 5_000;

export interface LedgeredCall extends Called {
  readonly outcome: RunOutcome | null;
  readonly unsettled: UnsettledCall | null;
}

/**
 * One call of one vendor, in the only order that neither leaks nor loses anything: the ledger row `sent` is committed,
 * then the credential is opened, the vendor called, the answer judged, and the row settled.
 */
export async function ledgeredCall(
  deps: Dependencies,
  open: OpenCall,
  ask: Ask,
  options: CallOptions,
): Promise<LedgeredCall> {
  await refuseStale(deps, open, options);
  const called = await callVendor(deps, open, ask, options);
  const draft = called.judged.valid ? options.draftWith(called) : null;
  const credits = draft && (await deps.creditsOf(options.identity, draft));
  const { reply } = called;
  const outcome = await untilStored(() =>
    deps.registry.settle({
      ...options.identity,
      call: open.call,
      result: {
        state: 'answered',
        reply,
        valid: called.judged.valid,
        ends: draft && { draft, credits },
      },
    }),
  );
  return outcome === 'not stored'
    ? { ...called, outcome: null, unsettled: { call: open.call, usage: reply.usage } }
    : { ...called, outcome, unsettled: null };
}

async function refuseStale(
  { registry }: Dependencies,
  { call }: OpenCall,
  { identity, begunAtMs }: CallOptions,
): Promise<void> {
  if (performance.now() - begunAtMs <= begunMaxMs) return;
  await untilStored(() => registry.settle({ ...identity, call, result: { state: 'refused' } }));
  throw new Failure('worker.lost', 'The call was begun too long ago, and has to begin anew.');
}

async function callVendor(
  deps: Dependencies,
  open: OpenCall,
  ask: Ask,
  options: CallOptions,
): Promise<Called> {
  let usage: Usage | null = null;
  try {
    const vendor = vendorOf(open.vendor);
    const { settings, upstreamId, supports, limits } = open;
    const { streaming, maxTokensField } = supports;
    const { maxOutputTokens } = limits;
    const endpoint = { settings, upstreamId, maxOutputTokens, streaming, maxTokensField };
    const control = { signal: options.signal, limits, guard: deps.guard, onProgress: () => {} };
    const reply = await withCredential(deps.broker, vendor, open, options.signal, (credential) =>
      vendor.invoke(ask.prompt, { ...endpoint, credential }, control),
    );
    usage = reply.usage; // Billed also when the answer turns out to be of no use.
    if (Buffer.byteLength(reply.text) > runLimits.jsonMaxBytes)
      throw new Failure('model.invalid-answer', 'The answer is larger than a run may carry.');
    return { reply, judged: ask.judge(reply) };
  } catch (error) {
    await settleFailed(deps, open, ask, options, { error, usage });
    throw error;
  }
}

/**
 * Tries for as long as for an answer: a failure may be final, and then no other try comes by that would find the row.
 * Never hides the error it was called for: where the row stays `sent` all the same, the next try makes it `unknown`.
 */
async function settleFailed(
  { registry, attention }: Dependencies,
  { call, vendor, provider: { org, provider } }: OpenCall,
  { prompt }: Ask,
  { identity, signal, model }: CallOptions,
  { error, usage }: { readonly error: unknown; readonly usage: Usage | null },
): Promise<void> {
  const refusedMode: StructuredOutputMode | null =
    error instanceof Failure && error.hints.refusedMode === true && prompt.answer.kind === 'json'
      ? prompt.answer.mode
      : null;
  try {
    if (error instanceof Failure && error.type === 'worker.lost') {
      await untilStored(() => registry.settle({ ...identity, call, result: { state: 'refused' } }));
    } else if (error instanceof Failure) {
      const { type: failure, hints } = error;
      const result = { state: 'failed', failure, usage: hints.usage ?? usage, refusedMode } as const;
      await untilStored(() => registry.settle({ ...identity, call, result }));
      attention({ org, provider, model, vendor, failure });
    } else if (signal.aborted && isCancelRequest(signal.reason)) {
      await untilStored(() => registry.settle({ ...identity, call, result: { state: 'cancelled' } }));
    }
  } catch (unstored) {
    if (!(unstored instanceof Failure)) throw unstored;
  }
}

/**
 * Did somebody stop the run? Its workflow may be closed before this activity hears of it, and then there is only nobody
 * left to answer. A worker that shuts down leaves its row `sent`: the next try must know that the call may be billed.
 */
function isCancelRequest(reason: unknown): boolean {
  return reason instanceof Error && (reason.message === 'CANCELLED' || reason.message === 'NOT_FOUND');
}
