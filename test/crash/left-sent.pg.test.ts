import type { OutcomeDraft, VendorReply } from '../../contract/index.ts';
import type { RunIdentity } from '../../registry/index.ts';
import { callOf, identity, openWorld } from '../registry/world.ts';
import type { World } from '../registry/world.ts';
import { ask } from '../support/database.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const failed: OutcomeDraft = {
  version: 1,
  status: 'failed',
  answeredBy: null,
  requested: null,
  reason: null,
  failure: { type: 'model.not-found', lastModelFailure: 'model.not-found' },
  abort: null,
  hops: [],
  skipped: [],
  actions: [],
  summary: '',
};

/** A call whose end could not be written down, and then the end of its run. */
async function endWithCallLeft(draft: OutcomeDraft): Promise<RunIdentity> {
  const run = identity();
  await world.registry.begin(callOf(run));
  await world.registry.recordOutcome({ ...run, draft, unsettled: [], credits: null });
  return run;
}

async function statesOf({ org, runId }: RunIdentity): Promise<readonly string[]> {
  const sql = 'select state from byom.attempts where org_id = $1 and run_id = $2 order by call';
  const rows = await ask<{ state: string }>(world.database.superuserUrl, sql, [org, runId]);
  return rows.map(({ state }) => state);
}

test('a call that is still sent when its run ends becomes unknown: it may have been billed', async () => {
  expect(await statesOf(await endWithCallLeft(failed))).toEqual(['unknown']);
});

test('a call of an aborted run may still say that it was cancelled', async () => {
  const run = await endWithCallLeft({ ...failed, status: 'aborted', failure: null });
  expect(await statesOf(run)).toEqual(['sent']);
  await world.registry.settle({ ...run, call: 1, result: { state: 'cancelled' } });
  expect(await statesOf(run)).toEqual(['cancelled']);
});

test('a call of an execution that was replaced becomes unknown when the sweep finds it closed', async () => {
  const run = identity();
  await world.registry.begin(callOf(run));
  const replacing = { ...run, runId: `${run.runId}-reset`, askedAtMs: run.askedAtMs + 2 };
  await world.registry.begin(callOf(replacing));
  expect(await world.registry.recordLost({ ...run, askedAtMs: run.askedAtMs + 1, draft: failed })).toBe(
    false,
  );
  expect([await statesOf(run), await statesOf(replacing)]).toEqual([['unknown'], ['sent']]);
});

describe('the answer of a run that is over or replaced is not kept: nobody will ask for it', () => {
  const reply: VendorReply = { text: '{}', finish: 'stop', usage: null };
  const result = { state: 'answered', reply, valid: true, ends: null } as const;

  async function answersOf({ org, runId }: RunIdentity): Promise<number> {
    const sql = 'select call from byom.attempt_answers where org_id = $1 and run_id = $2';
    return (await ask(world.database.superuserUrl, sql, [org, runId])).length;
  }

  test('while it is under way, it is kept', async () => {
    const run = identity();
    await world.registry.begin(callOf(run));
    await world.registry.settle({ ...run, call: 1, result });
    expect(await answersOf(run)).toBe(1);
  });

  test('an aborted one', async () => {
    const run = await endWithCallLeft({ ...failed, status: 'aborted', failure: null });
    await world.registry.settle({ ...run, call: 1, result });
    expect([await statesOf(run), await answersOf(run)]).toEqual([['answered'], 0]);
  });

  test('a replaced one', async () => {
    const run = identity();
    await world.registry.begin(callOf(run));
    await world.registry.begin(callOf({ ...run, runId: `${run.runId}-reset`, askedAtMs: run.askedAtMs + 1 }));
    await world.registry.settle({ ...run, call: 1, result });
    expect([await statesOf(run), await answersOf(run)]).toEqual([['answered'], 0]);
  });
});
