import type { Answer, BehaviorRun, Ending, RunOutcome, RunState } from '../contract/index.ts';
import { conclude } from './durable/conclude.ts';
import { openRun } from './durable/open-run.ts';
import type { OpenRun } from './run/durable-steps.ts';
import { owedUndos, unrecorded } from './run/outcome.ts';
import { actionOf, callOf, compensationOf, effectsOf, questionOf, recordOf } from './run/requests.ts';

/**
 * One run of one Agent Behavior: the first model that policy permits answers, its plan is carried out on the card, and
 * what happened is on record, whatever crashes in between.
 */
export async function agentBehavior(
  run: BehaviorRun,
  ticket: string | null,
  carried?: RunState,
): Promise<RunOutcome> {
  const opened = openRun(run, ticket, carried);
  return conclude(await carryOut(opened), opened);
}

/** The same, whoever carries the steps out: Temporal, or a test in memory. */
export async function carryOut(open: OpenRun): Promise<RunOutcome> {
  const { trail, durable } = open;
  const ending = await durable.untilAborted(async () => {
    const found = await firstPermittedAnswer(open);
    return 'how' in found ? found : perform(open, found);
  });
  trail.note({ type: 'ended', ending });
  await takeBack(open);
  const outcome = await onRecord(open, ending);
  trail.note({ type: 'recorded', outcome });
  return outcome;
}

/**
 * The model assigned to the Behavior, else the organization's default, else the platform's own: the registry says which
 * is next, and is asked again before every call, so each hop obeys the assignments, the policy and the revocations of
 * its moment. What a failure may lead to is the registry's to say as well: nothing here decides where data may go.
 */
async function firstPermittedAnswer({ asker, trail, durable, nowMs }: OpenRun): Promise<Answer | Ending> {
  for (;;) {
    trail.note({ type: 'asking' });
    const hop = await durable.resolve(questionOf(asker, trail.state, nowMs()));
    trail.note({ type: 'resolved', hop });
    switch (hop.next) {
      case 'call': {
        const reply = await durable.invoke(callOf(asker, trail.state, hop, nowMs()), hop.limits);
        trail.note({ type: 'replied', reply });
        if (reply.ok) return reply.answer ?? { how: 'finished' };
        break;
      }
      case 'wait':
        await durable.wait(hop.delayMs);
        break;
      case 'park':
        await durable.park(hop.delayMs);
        trail.note({ type: 'woken' });
        break;
      case 'fail':
        return { how: 'failed', failure: hop.because, lastModelFailure: hop.lastModelFailure };
      case 'ran':
        return { how: 'ran', outcome: hop.outcome };
    }
  }
}

/** The actions of the plan, in its order, each exactly once where the engine honours the key. */
async function perform({ asker, trail, durable, nowMs }: OpenRun, answer: Answer): Promise<Ending> {
  for (const effect of effectsOf(asker, answer)) {
    trail.note({ type: 'acting', effect });
    const { status, fields, undo } = await durable.act(actionOf(asker, effect, nowMs()));
    trail.note({ type: 'acted', effect: { ...effect, status, fields: fields ?? effect.fields, undo } });
    const lost = status === 'failed' || status === 'unknown';
    if (lost && asker.run.behavior.onActionFailure === 'compensate')
      return { how: 'failed', failure: 'action.failed', lastModelFailure: null };
  }
  return { how: 'finished' };
}

/** Last first, and only where it is owed: after an abort, or where the Behavior wants all of its actions or none. */
async function takeBack({ asker, trail, durable, nowMs }: OpenRun): Promise<void> {
  for (const effect of owedUndos(asker.run, trail.state)) {
    trail.note({ type: 'undoing' });
    const status = await durable.undo(compensationOf(asker, effect, nowMs()));
    trail.note({ type: 'undone', effect: { ...effect, status } });
  }
}

async function onRecord({ asker, trail, durable, nowMs }: OpenRun, ending: Ending): Promise<RunOutcome> {
  if (ending.how === 'ran') return ending.outcome;
  if (ending.how === 'refused') return unrecorded(trail.state);
  return trail.state.outcome ?? (await durable.record(recordOf(asker, trail.state, nowMs())));
}
