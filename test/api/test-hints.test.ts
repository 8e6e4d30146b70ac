import { hintOf } from '../../api/test-hints.ts';
import { failures, testStages, type FailureType } from '../../contract/index.ts';

const types = (Object.keys(failures) as FailureType[]).filter((type) => type.startsWith('model.'));

test('each failure that a stage may show has a hint that says what to do, and the last resort is never needed', () => {
  const lastResort = hintOf('address', 'run.aborted');
  for (const stage of testStages) {
    for (const type of types) expect([stage, type, hintOf(stage, type)]).not.toContain(lastResort);
    expect(hintOf(stage, null)).toBeNull();
  }
});

test('the same failure has other words where another stage makes a difference', () => {
  const ofUnreachable = new Set(testStages.map((stage) => hintOf(stage, 'model.unreachable')));
  const ofMisconfigured = new Set(testStages.map((stage) => hintOf(stage, 'model.misconfigured')));
  expect([ofUnreachable.size, ofMisconfigured.size]).toEqual([3, 4]);
});
