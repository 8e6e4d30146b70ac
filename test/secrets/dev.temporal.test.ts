import { Client, Connection } from '@temporalio/client';
import { createEngine } from '../../sandbox/engine/engine.ts';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors } from '../../testing/index.ts';
import { eventually } from '../support/eventually.ts';
import { buildByom, openFolder } from '../support/run-byom.ts';
import type { RunningByom, TestFolder } from '../support/run-byom.ts';
import { dumpHistory } from './dump-history.ts';
import { dumpTables } from './dump-tables.ts';
import { findPlaces } from './haystack.ts';
import { findLeaksOf, plantTexts } from './planted.ts';
import { cardOf, pipe, plantedRun, registryText, scriptVendors } from './planted-runs.ts';
import type { RunName } from './planted-runs.ts';
import { openStage } from './stage.ts';

const texts = plantTexts();
const stage = openStage();
let vendors: SandboxVendors;
let folder: TestFolder;
let dev: RunningByom;
let ready: {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly environment: NodeJS.ProcessEnv;
};

beforeAll(async () => {
  buildByom();
  [vendors, folder] = await Promise.all([startSandboxVendors(), openFolder()]);
  scriptVendors(vendors, texts);
  dev = stage.start('byom dev', ['dev', '--json'], { BYOM_DEBUG: '1' });
  await eventually(() => dev.said().stdout.includes('\n') || dev.said().code !== null, 60_000);
  ready = JSON.parse(dev.said().stdout) as typeof ready;
}, 90_000);
afterAll(async () => {
  dev.kill('SIGTERM');
  await dev.ended;
  await stage.close();
  await vendors.close();
  await folder.remove();
});

test('byom dev, with its worker and its engine, shows a key nowhere but the one for signing runs, to whoever is to use it', async () => {
  const env = { ...ready.environment, VENDORS: vendors.origin, VENDOR_KEY: texts.apiKey };
  const registry = await folder.write('registry.yaml', registryText());
  const { code } = await stage.start('byom apply', ['apply', registry], env).ended;
  expect(code).toBe(0);
  const engine = await createEngine({
    databaseUrl: ready.databaseUrl,
    start: () => Promise.reject(new Error('This engine starts nothing.')),
    delivers: false,
  });
  await engine.install(pipe);
  const ids = [];
  for (const [name, ends] of [
    ['plan', 0],
    ['failing-action', 1],
    ['quoted-in-401', 1],
  ] as const satisfies readonly (readonly [RunName, number])[]) {
    const card = await engine.createCard(pipe, cardOf(texts));
    const run = plantedRun(name, texts, { card, engineTaskQueue: 'pipe-engine' });
    const input = await folder.write(`${name}.json`, JSON.stringify(run));
    const options = ['--org', run.org, '--pipe', run.pipe, '--behavior', name, '--input', input];
    const ran = await stage.start('byom run', ['run', ...options], env).ended;
    expect([name, ran.code]).toEqual([name, ends]);
    ids.push(/^(byom:\S+) is running/m.exec(ran.stderr)?.[1] ?? '');
  }
  await engine.close();

  const rings = { BYOM_RUN_KEYS: String(ready.environment['BYOM_RUN_KEYS']) };
  const connection = await Connection.connect({ address: ready.temporalAddress });
  const { workflow } = new Client({ connection });
  const histories = await Promise.all(ids.map((id) => dumpHistory(workflow.getHandle(id))));
  await connection.close();
  const tables = await dumpTables(ready.databaseUrl.replace('byom_owner', 'postgres'));
  const found = findPlaces([...histories.flat(), ...tables, ...stage.logs()], findLeaksOf(texts, rings));
  expect(found).toContain('history: workflowExecutionStarted input has prompt');
  expect(found.filter((line) => / has (secret|ring): /.test(line))).toEqual([
    'stdout: byom dev has ring: BYOM_RUN_KEYS',
  ]);
  // Of what they are about, its output says nothing either.
  expect(found.filter((line) => /^std(out|err): byom (dev|apply)/.test(line))).toHaveLength(1);
}, 60_000);
