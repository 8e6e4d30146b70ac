import { sandboxRegistry } from '../../sandbox/sandbox-registry.ts';
import { allUseCases } from '../../sandbox/use-cases/all-use-cases.ts';
import { findDifferences } from '../../sandbox/use-cases/find-differences.ts';
import { playCard } from '../../sandbox/use-cases/play-card.ts';
import { serve } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;

beforeAll(async () => {
  served = await serve();
  await served.register(await sandboxRegistry(served.vendors));
  for (const { pipes } of allUseCases) for (const pipe of pipes) await served.engine.install(pipe);
});
afterAll(() => served.close());
afterEach(() => served.vendors.reset());

const vendorsThatAnswered = new Set<string>();

describe.each(allUseCases)('$name', (useCase) => {
  test.each(useCase.cards)('$name', async (card) => {
    const id = await playCard(served.engine, useCase, card);
    expect(await findDifferences(served.engine, id, card)).toEqual([]);
    const answers = (await served.engine.runs(id)).map(({ outcome }) => outcome?.answeredBy);
    const answered = answers.map((one) => one?.provider ?? 'nobody');
    for (const one of answers) vendorsThatAnswered.add(one?.vendor ?? 'nobody');
    const called = served.vendors.log.map(({ route }) => route);
    expect(called.toSorted()).toEqual(answered.toSorted());
  });
});

test('six vendors answered, each in its own format with its own kind of credential', () => {
  expect([...vendorsThatAnswered].toSorted()).toEqual([
    'amazon-bedrock',
    'azure-openai',
    'custom',
    'google-vertex-ai',
    'openai',
    'oracle-oci',
  ]);
});
