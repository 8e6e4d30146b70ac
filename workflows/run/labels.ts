import { messageNames, startTags } from '../../contract/index.ts';
import type { BehaviorRun, Candidate, Effect, Layer, RunOutcome, RunState } from '../../contract/index.ts';

/** What operators search by. */
export interface Labels {
  readonly status: string;
  readonly tags: readonly string[];
}

const layerNames: Readonly<Record<Layer, string>> = {
  behavior: 'assigned to the Behavior',
  organization: 'organization default',
  platform: 'platform',
};

/** Coarse on purpose: each change is an event in the history. The finer phases are in the query `state`. */
export function labelsOf(run: BehaviorRun, state: RunState): Labels {
  const current = state.calling?.hop.candidate ?? state.hops.at(-1);
  const { ending } = state;
  const failure = state.parked?.because ?? (ending !== null && 'failure' in ending ? ending.failure : null);
  const working = state.phase === 'resolving' || state.phase === 'invoking' || state.phase === 'acting';
  return {
    status: working ? 'running' : state.phase,
    tags: [
      ...startTags(run),
      ...(current
        ? [`provider:${current.provider}`, `model:${current.model}`, `layer:${current.layer}`]
        : []),
      ...(failure === null ? [] : [`error:${failure}`]),
    ],
  };
}

/** Is this a moment at which the labels are worth an event? Each hop's first call, parking, compensation and the end. */
export function isLandmark({ phase }: RunState): boolean {
  return phase !== 'resolving' && phase !== 'acting';
}

/** One line beside the activity in the Temporal UI; the server keeps 400 bytes at most. */
export function callSummary({ provider, model, layer, reason }: Candidate): string {
  return `${provider}/${model}, ${layerNames[layer]}, ${reason}`;
}

/** Markdown for the Temporal UI: what was tried, where the run stands, and what can be done about it. */
export function detailsOf(run: BehaviorRun, state: RunState): string {
  const rows = state.hops.map(
    ({ hop, layer, provider, model, failure, outcome, calls, durationMs }) =>
      `| ${hop} | ${layerNames[layer]} | ${provider}/${model} | ${failure ?? outcome} | ${calls} | ${durationMs} ms |`,
  );
  const refused = state.skipped.map(
    (one) => `- ${one.model ?? 'no model'} (${layerNames[one.layer]}): ${one.reason}`,
  );
  return [
    `**${state.phase}**`,
    ...(rows.length === 0
      ? []
      : ['', '| # | layer | model | result | calls | took |', '|---|---|---|---|---|---|', ...rows]),
    ...(refused.length === 0 ? [] : ['', 'Not asked:', ...refused]),
    ...waitingFor(run, state),
  ].join('\n');
}

/** What stands on a failed run in the Temporal UI, readable without decoding anything: why, and how to go on. */
export function failureMessage(
  { type, lastModelFailure }: NonNullable<RunOutcome['failure']>,
  workflowId: string,
  resetEventId: number,
): string {
  const model =
    lastModelFailure === null || lastModelFailure === type ? '' : ` (the model: ${lastModelFailure})`;
  const reset = `temporal workflow reset --workflow-id '${workflowId}' --event-id ${resetEventId} --reason corrected`;
  return `${type}${model}. Correct the registry, then run it again from the first look at it: ${reset}`;
}

function waitingFor(run: BehaviorRun, { phase, parked, effects }: RunState): readonly string[] {
  if (parked !== null) return ['', whatToDo(parked)];
  const pending = phase === 'acting' ? effects.find(({ status }) => status === 'unknown') : undefined;
  return pending === undefined ? [] : ['', actionPending(run, pending)];
}

function actionPending({ engineTaskQueue, behavior }: BehaviorRun, { referenceId }: Effect): string {
  const name = behavior.actions.find((one) => one.referenceId === referenceId)?.name ?? referenceId;
  return (
    `Asking the pipe engine on task queue \`${engineTaskQueue}\` for "${name}". ` +
    'If this lasts longer than a minute, no worker of the engine is polling that queue.'
  );
}

function whatToDo({ because, untilMs }: NonNullable<RunState['parked']>): string {
  return [
    `Waiting because of \`${because}\`; next look at ${new Date(untilMs).toISOString()}.`,
    `Correct the registry and it goes on by itself. Or send the update \`${messageNames.retryNow}\`,`,
    `\`${messageNames.overrideModel}\` with a permitted model, or \`${messageNames.abort}\` with a reason.`,
  ].join(' ');
}
