import type { EngineRun, PipeEngine } from './engine/engine.ts';
import { printHeading, printRuns } from './print-runs.ts';
import { allUseCases } from './use-cases/all-use-cases.ts';
import { playCard } from './use-cases/play-card.ts';

/** A model on a CPU may take its time. */
const withinMs = 15 * 60_000;

/** What a weak model may do to a run; anything else would be ours. */
const ofTheModel = ['model.invalid-answer', 'model.context-too-long', 'model.timed-out'];

/**
 * The five use cases at an endpoint that the user named. Its values are its own: what is judged is the shape of each answer,
 * which a run that completed has had checked. Returns how many runs ended otherwise than by the model's own doing, and at
 * least one when none completed.
 */
export async function showRealEndpoint(
  engine: Pick<PipeEngine, 'createCard' | 'updateCard' | 'whenIdle' | 'runs'>,
  say: (line: string) => void,
): Promise<number> {
  const all: EngineRun[] = [];
  for (const useCase of allUseCases) {
    say(`\n${useCase.name}`);
    printHeading(say);
    for (const card of useCase.cards) {
      const runs = await engine.runs(await playCard(engine, useCase, card, withinMs));
      say(`  ${card.name}`);
      printRuns(say, runs, useCase);
      all.push(...runs);
    }
  }
  const valid = all.filter(({ outcome }) => outcome?.status === 'completed' || outcome?.status === 'partial');
  const strange = all.filter((run) => !valid.includes(run) && !ofTheModel.includes(failureOf(run)));
  say(`\n${valid.length} of ${all.length} runs got an answer of a valid shape.`);
  for (const run of strange) say(`NOT as expected: ${run.behavior} ended ${failureOf(run)}.`);
  return valid.length === 0 ? strange.length + 1 : strange.length;
}

function failureOf({ outcome }: EngineRun): string {
  const { type, lastModelFailure } = outcome?.failure ?? {
    type: 'without an outcome',
    lastModelFailure: null,
  };
  // Where policy closed the way to another model, the model's own failure is the one that counts here.
  return lastModelFailure ?? type;
}
