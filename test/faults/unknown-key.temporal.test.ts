import { outcome, startBehavior } from '../../client/index.ts';
import { applyRegistry, generateKeys, parseSealKeys, readRegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { registryOf, serve, textRun, usualOrganization, type Served } from '../support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());

const text = registryOf({ acme: usualOrganization }).replace(
  "acme-own/v1' } }",
  "acme-own/v1' }, credential: { apiKey: '${env:KEY}' } }",
);
const read = (key: string) =>
  readRegistryFile(text, {
    env: { VENDORS: served.vendors.origin, KEY: key },
    readFile: () => '',
    name: 'test',
  });

test('a worker that lacks the key of a new credential asks nobody else: the run waits until a worker can open it', async () => {
  const seal = parseSealKeys(generateKeys('unknown').sealRing);
  await applyRegistry(served.urls.api, read('sealed for another ring'), { vendors, seal });
  const { client, runKeys: keys, taskQueue } = served;
  const { workflowId } = await startBehavior(client, textRun('acme'), { keys, taskQueue });
  const states = () =>
    ask<{ state: string }>(served.urls.superuser, 'select state from byom.attempts where workflow_id = $1', [
      workflowId,
    ]);
  await eventually(async () => (await states()).length >= 2);
  expect(served.vendors.log).toHaveLength(0);

  await served.register(read('sealed for this ring'));
  expect((await outcome(client, workflowId)).answeredBy).toMatchObject({ model: 'own', layer: 'behavior' });
  const counted = (await states()).filter(({ state }) => state !== 'refused');
  expect(counted).toEqual([{ state: 'answered' }]);
  expect(served.vendors.log).toHaveLength(1);
});
