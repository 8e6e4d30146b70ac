import { outcome } from '../../client/index.ts';
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

test('a worker that lacks the key of a new credential asks nobody else: the run waits until a worker can open it', async () => {
  const seal = parseSealKeys(generateKeys('unknown').sealRing);
  const env = { VENDORS: served.vendors.origin, KEY: 'sealed for another ring' };
  const file = readRegistryFile(text, { env, readFile: () => '', name: 'test' });
  await applyRegistry(served.urls.api, file, { vendors, seal });
  const workflowId = await served.start(textRun('acme'));
  const states = () =>
    ask<{ state: string }>(served.urls.superuser, 'select state from byom.attempts where workflow_id = $1', [
      workflowId,
    ]);
  await eventually(async () => (await states()).length >= 2);
  expect(served.vendors.log).toHaveLength(0);

  await served.apply(text, { KEY: 'sealed for this ring' });
  expect((await outcome(served.client, workflowId)).answeredBy).toMatchObject({
    model: 'own',
    layer: 'behavior',
  });
  const counted = (await states()).filter(({ state }) => state !== 'refused');
  expect(counted).toEqual([{ state: 'answered' }]);
  expect(served.vendors.log).toHaveLength(1);
});
