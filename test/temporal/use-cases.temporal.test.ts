import { sandboxRegistry } from '../../sandbox/sandbox-registry.ts';
import { allUseCases } from '../../sandbox/use-cases/all-use-cases.ts';
import { findDifferences } from '../../sandbox/use-cases/find-differences.ts';
import type { UseCase, UseCaseCard } from '../../sandbox/use-cases/use-case.ts';
import { serve } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;

beforeAll(async () => {
  served = await serve();
  await served.register(sandboxRegistry(served.vendors));
  for (const { pipes } of allUseCases) for (const pipe of pipes) await served.engine.install(pipe);
});
afterAll(() => served.close());
afterEach(() => served.vendors.reset());

async function play({ pipes }: UseCase, card: UseCaseCard): Promise<string> {
  const pipe = pipes.find(({ id }) => id === card.pipe)!;
  const { fields, title, attachments } = card;
  const id = await served.engine.createCard(pipe, { fields, title, ...(attachments ? { attachments } : {}) });
  await served.engine.whenIdle(id);
  if (card.edit) {
    await served.engine.updateCard(id, card.edit);
    await served.engine.whenIdle(id);
  }
  return id;
}

describe.each(allUseCases)('$name', (useCase) => {
  test.each(useCase.cards)('$name', async (card) => {
    const id = await play(useCase, card);
    expect(await findDifferences(served.engine, id, card)).toEqual([]);
    const answered = (await served.engine.runs(id)).map(
      ({ outcome }) => outcome?.answeredBy?.provider ?? 'nobody',
    );
    const called = served.vendors.log.map(({ route }) => route);
    expect(called.toSorted()).toEqual(answered.toSorted());
  });
});
