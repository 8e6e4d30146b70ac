import { failures, isFailureType } from '../../contract/index.ts';

/** The table of the design, row by row: a change here is a change of what every organization experiences. */
const table = `
model.unauthorized no yes
model.forbidden no yes
model.not-found no yes
model.quota-exhausted no yes
model.rate-limited yes yes
model.overloaded yes yes
model.server-error yes yes
model.timed-out once yes
model.unreachable yes yes
model.rejected no yes
model.context-too-long no larger-window
model.content-filtered no no
model.invalid-answer no yes
model.misconfigured no yes
model.unknown once yes
policy.forbidden no no
policy.no-model no no
hop.refused no again
registry.unavailable yes again
worker.lost yes again
worker.busy yes again
budget.exhausted no wait
action.failed no no
action.undone no no
run.invalid no no
run.too-large no no
run.unsigned no no
run.aborted no no
`;

test('each failure has the retry and the fallback that the documentation says', () => {
  const rows = Object.entries(failures).map(([type, { retry, fallback }]) => `${type} ${retry} ${fallback}`);
  expect(rows).toEqual(table.trim().split('\n'));
});

test('every status is one that HTTP has for errors', () => {
  for (const { status } of Object.values(failures)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  }
});

test('only our own words are types of failure', () => {
  expect(isFailureType('model.overloaded')).toBe(true);
  for (const other of ['toString', '__proto__', 'Error', '', null, 3])
    expect(isFailureType(other)).toBe(false);
});
