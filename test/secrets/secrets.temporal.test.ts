import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { outcome, parseRunKeys, startBehavior } from '../../client/index.ts';
import { ask } from '../support/database.ts';
import { buildByom } from '../support/run-byom.ts';
import { collect, dumpDatabase, readFiles } from './collect.ts';
import { dumpHistory, exportHistory } from './dump-history.ts';
import { dumpTables } from './dump-tables.ts';
import { findPlaces } from './haystack.ts';
import { findPrograms } from './password-postgres.ts';
import type { PostgresPrograms } from './password-postgres.ts';
import { placesAllowed } from './places.ts';
import { plantedRun } from './planted-runs.ts';
import { playEverything } from './play-everything.ts';
import type { Played } from './play-everything.ts';
import { openScene } from './scene.ts';
import type { Scene } from './scene.ts';

const programs: PostgresPrograms = await findPrograms();
let scene: Scene;
let played: Played;
let found: readonly string[];

beforeAll(async () => {
  buildByom();
  scene = await openScene(programs);
  played = await playEverything(scene);
  found = findPlaces(await collect(scene, played.handles), scene.findLeaks);
}, 180_000);
afterAll(() => scene.close());

const isSecret = (line: string) => / has (secret|ring): /.test(line);
const superuserUrl = () => scene.postgres.url('postgres');

test('what was planted was used: the vendors got key and prompt, and each run ended as its name says', () => {
  const { apiKey, prompt } = scene.texts;
  for (const name of ['text', 'plan', 'quoted-in-401']) {
    const [call] = scene.vendors.callsTo(name);
    expect(call?.authorization).toBe(createHash('sha256').update(apiKey).digest('hex'));
    const sent = new Set(scene.findLeaks(JSON.stringify(call?.body)).map(({ planted }) => planted));
    // A card's title is for people; no model is told it.
    const parts = Object.keys(prompt).filter((part) => part !== 'title');
    expect([...sent].toSorted()).toEqual(parts.map((part) => `prompt: ${part}`).toSorted());
  }
  const ends = Object.entries(played.outcomes).map(([name, { status, failure }]) => [
    name.replace(/ by (host|command)$/, ''),
    failure === null ? status : failure.type,
  ]);
  expect(Object.fromEntries(ends)).toEqual({
    text: 'completed',
    plan: 'completed',
    'failing-action': 'action.failed',
    'quoted-in-400': 'model.rejected',
    'quoted-in-401': 'model.unauthorized',
    'quoted-in-500': 'model.server-error',
    'quoted-in-a-success': 'model.rejected',
    'invalid-answer': 'model.invalid-answer',
    cancelled: 'aborted',
    'locked out': 'completed',
  });
  expect(ends).toHaveLength(2 * 8 + 2);
});

test('no key and no password is anywhere, whatever went wrong', () => {
  expect(found.filter(isSecret)).toEqual(placesAllowed.always.filter(isSecret));
});

test('prompts and answers are in the places that are written down with their reasons, and nowhere else', () => {
  const { always, sometimes } = placesAllowed;
  expect(found.filter((line) => !sometimes.includes(line))).toEqual(always);
});

test('a file, a password or a bug that is wrong is told in one line, without what was wrong with it', () => {
  for (const [name, { code, stdout, stderr }] of Object.entries(played.refused)) {
    const lines = stderr.split('\n').filter((line) => line.startsWith('byom: '));
    expect([name, code, stdout, lines]).toEqual([name, 1, '', [expect.stringMatching(/^byom: .{20,}\.$/)]]);
  }
  const said = Object.values(played.refused).map(({ stderr: data }) => ({ place: 'a refusal', data }));
  expect(findPlaces(said, scene.findLeaks)).toEqual([]);
  expect(Object.keys(played.refused)).toHaveLength(24);
  expect(played.refused['a key as the address']?.stderr).toContain('baseUrl: must be an http or https URL');
  expect(played.crashed.code).not.toBe(0);
  expect(played.crashed.stderr).toContain('Error: A bug in the middle of a call.');
});

test('an answer is kept, sealed, while its run has not ended', async () => {
  const rows = await ask<{ sealed: Buffer }>(superuserUrl(), 'select sealed from byom.attempt_answers');
  expect(rows).toHaveLength(2);
  for (const { sealed } of rows) {
    expect(sealed.length).toBeGreaterThan(100);
    expect(scene.findLeaks(sealed)).toEqual([]);
  }
});

test('no file of Postgres holds a key or a password: no dead row, no write-ahead log, no catalog', async () => {
  const { apiKey, passwords } = scene.texts;
  const files = await readFiles(scene.postgres.folder);
  const holds = (text: string) =>
    files.filter(({ data }) => Buffer.from(data).includes(text)).map(({ place }) => place);
  for (const secret of [apiKey, ...Object.values(passwords)])
    for (const encoding of ['utf8', 'base64', 'hex'] as const)
      expect(holds(Buffer.from(secret).toString(encoding))).toEqual([]);
  // They are the right files: the runs are in them.
  expect(holds(played.handles[0]?.workflowId ?? 'nobody')).not.toEqual([]);
});

const whereDumped = programs.pgDump === null ? test.skip : test;
const hint =
  programs.pgDump === null
    ? ' (skipped: no pg_dump of version 15 or newer beside its server in /usr/lib/postgresql; Debian has both as `postgresql`)'
    : '';

whereDumped(`pg_dump holds no secret, and finds what is planted compressed too${hint}`, async () => {
  const pgDump = programs.pgDump ?? '';
  const clean = findPlaces(await dumpDatabase(pgDump, superuserUrl()), scene.findLeaks);
  expect(clean).toEqual([
    'pg_dump, custom has answer',
    'pg_dump, custom has prompt',
    'pg_dump, plain has answer',
    'pg_dump, plain has prompt',
  ]);
  await ask(superuserUrl(), 'create table leaked (told bytea)');
  await ask(superuserUrl(), 'insert into leaked values ($1)', [Buffer.from(scene.texts.apiKey)]);
  const leaked = findPlaces(await dumpDatabase(pgDump, superuserUrl()), scene.findLeaks);
  expect(leaked.filter(isSecret)).toEqual([
    'pg_dump, custom has secret: apiKey',
    'pg_dump, plain has secret: apiKey',
  ]);
  await ask(superuserUrl(), 'drop table leaked');
});

describe('a leak that is planted is found by the same search', () => {
  test('in tables: as it is, in base64, in gzip, in JSON', async () => {
    const { apiKey } = scene.texts;
    const encoded = Buffer.from(apiKey).toString('base64');
    await ask(superuserUrl(), 'create table public.notes (plain text, encoded text, packed bytea)');
    await ask(superuserUrl(), 'insert into public.notes values ($1, $2, $3)', [
      apiKey,
      `key=${encoded}`,
      gzipSync(JSON.stringify({ apiKey })),
    ]);
    const added = JSON.stringify({ leaked: encoded });
    await ask(superuserUrl(), 'update byom.attempts set question = question || $1::jsonb', [added]);
    const lines = findPlaces(await dumpTables(superuserUrl()), scene.findLeaks).filter(isSecret);
    await ask(superuserUrl(), 'drop table public.notes');
    await ask(superuserUrl(), `update byom.attempts set question = question - 'leaked'`);
    expect(lines).toEqual([
      'table: byom.attempts.question has secret: apiKey',
      'table: public.notes.encoded has secret: apiKey',
      'table: public.notes.packed has secret: apiKey',
      'table: public.notes.plain has secret: apiKey',
    ]);
  });

  test('in what a command says, as a printed buffer in JSON', async () => {
    const { apiKey } = scene.texts;
    const leak = `data:text/javascript,console.log(${encodeURIComponent(JSON.stringify(Buffer.from(apiKey)))})`;
    await scene.byom('byom that leaks', ['--version'], { NODE_OPTIONS: `--import="${leak}"` });
    const lines = findPlaces(await scene.logs(), scene.findLeaks).filter(isSecret);
    expect(lines).toContain('stdout: byom that leaks has secret: apiKey');
  });

  test('in a history, and in its export', async () => {
    const { client, texts, queues } = scene;
    const run = plantedRun('text', texts, { card: 'none', engineTaskQueue: queues.engine });
    const leaking = { ...run, behavior: { ...run.behavior, instruction: texts.apiKey, name: 'Leaks' } };
    const keys = parseRunKeys(String(scene.env['BYOM_RUN_KEYS']));
    const { workflowId } = await startBehavior(client, leaking, { keys, taskQueue: queues.host });
    await outcome(client, workflowId);
    const handle = client.workflow.getHandle(workflowId);
    const haystacks = [...(await dumpHistory(handle)), await exportHistory(handle)];
    expect(findPlaces(haystacks, scene.findLeaks).filter(isSecret)).toEqual([
      'exported history has secret: apiKey',
      'history: invokeModel activityTaskScheduled input has secret: apiKey',
      'history: workflowExecutionStarted input has secret: apiKey',
    ]);
  });
});
