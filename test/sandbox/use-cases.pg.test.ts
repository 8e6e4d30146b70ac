import { workflowIdOf, type BehaviorRun, type RunOutcome } from '../../contract/index.ts';
import { promptOf } from '../../activities/asking/prompt.ts';
import { readAnswer } from '../../activities/asking/read-answer.ts';
import { allUseCases } from '../../sandbox/use-cases/all-use-cases.ts';
import { findDifferences } from '../../sandbox/use-cases/find-differences.ts';
import type { UseCaseCard } from '../../sandbox/use-cases/use-case.ts';
import { answerPrompt } from '../../testing/answering/answer-prompt.ts';
import { openEngine, requestOf, startedRun, type OpenEngine } from './open-engine.ts';

let open: OpenEngine;
let current: UseCaseCard;
beforeAll(async () => {
  open = await openEngine(async (run) => startedRun(run, playRun(run)));
  for (const pipe of allUseCases.flatMap((useCase) => useCase.pipes)) await open.engine.install(pipe);
});
afterAll(() => open.close());

/** What workflow and model do, without either: the real prompt, answered by the stand-in's rules, and the real reading of it. */
async function playRun(run: BehaviorRun): Promise<void> {
  const { system, turns, answer: asked } = promptOf(run, 'json_schema');
  const schema = asked.kind === 'json' ? asked.schema : null;
  const text = answerPrompt({
    model: 'any',
    system,
    turns,
    mode: 'json_schema',
    schema,
    maxTokens: null,
    stream: false,
    includeUsage: false,
  });
  const answer = readAnswer(run, { text, finish: 'stop', usage: null });
  if (!('actionCalls' in answer)) throw new Error(`No plan: ${text}`);
  const workflowId = workflowIdOf(run.org, run.behavior.id, run.event.id);
  const { pipe, behavior } = run;
  for (const { referenceId, fields } of answer.actionCalls) {
    const action = behavior.actions.find((one) => one.referenceId === referenceId);
    const asking = { card: run.card.id, pipe, behavior: behavior.id, workflowId, action: action!, fields };
    await open.engine.activities.executeAction(requestOf(asking));
  }
  const expected = current.expected.runs.find((one) => one.behavior === behavior.id);
  const answeredBy = expected && { ...expected, provider: 'p', vendor: 'custom' };
  const outcome = { version: 1, status: 'completed', answeredBy } as unknown as RunOutcome;
  await open.engine.activities.behaviorFinished({ workflowId, outcome });
}

const cards = allUseCases.flatMap((useCase) => useCase.cards.map((card) => [card.name, card] as const));

test.each(cards)('%s', async (_, card) => {
  current = card;
  const pipe = allUseCases.flatMap((useCase) => useCase.pipes).find((one) => one.id === card.pipe);
  const id = await open.engine.createCard(pipe!, card);
  await open.engine.whenIdle(id);
  if (card.edit) {
    await open.engine.updateCard(id, card.edit);
    await open.engine.whenIdle(id);
  }
  expect(await findDifferences(open.engine, id, card)).toEqual([]);
});

test('what came out otherwise is told in sentences', async () => {
  const [, card] = cards[0]!;
  current = card;
  const pipe = allUseCases[0]!.pipes[0]!;
  const id = await open.engine.createCard(pipe, card);
  await open.engine.whenIdle(id);
  const other: UseCaseCard = {
    ...card,
    expected: {
      phase: 'p',
      fields: { '900001105': 8, '900001101': { contains: 'x' } },
      runs: [],
      emails: ['t'],
    },
  };
  expect(await findDifferences(open.engine, id, other)).toEqual([
    'the phase: 900001011, expected p',
    'the runs: b-classify by light, behavior, expected none',
    'the e-mails: none, expected t',
    'field 900001101 is "Laptop keyboard has dead keys", expected {"contains":"x"}',
    'field 900001105 is 24, expected 8',
  ]);
});
