import { outcome, startBehavior } from '../../client/index.ts';
import type { CredentialBroker } from '../../worker/index.ts';
import { startWorker } from '../support/own-worker.ts';
import type { OwnWorker } from '../support/own-worker.ts';
import { serve, textRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;
let worker: OwnWorker;
const forgotten: unknown[] = [];

/** Lends one credential until it hears that it was refused, as a broker does that keeps what it was given. */
function keepingBroker(keys: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}): CredentialBroker {
  let kept = { ...keys };
  const lend: CredentialBroker = async () => kept;
  const forget: CredentialBroker['forget'] = ({ org, provider }, refused) => {
    forgotten.push({ org, provider, isOurs: refused === kept });
    kept = { ...keys };
    if (forgotten.length > 1) throw new Error('a bug of the host');
  };
  return Object.assign(lend, { forget });
}

beforeAll(async () => {
  served = await serve();
  const { vendors } = served;
  await served.apply(
    `version: 1
organizations:
  platform:
    providers: { ai: { vendor: custom, settings: { baseUrl: '${vendors.url('platform')}' } } }
    models: { ai: { provider: ai, upstreamId: ai } }
    default: ai
  acme:
    providers:
      bedrock:
        vendor: amazon-bedrock
        settings: { region: us-east-1, endpoint: '${vendors.endpoint('bedrock')}' }
        credential: { workload: true }
    models: { nova: { provider: bedrock, upstreamId: us.amazon.nova-lite-v1:0 } }
    assignments: { p1: { b1: nova } }
`,
  );
  const { accessKeyId, secretAccessKey } = (await vendors.accounts()).aws;
  const broker = keepingBroker({ accessKeyId, secretAccessKey });
  worker = await startWorker(served, { plugin: { broker: () => broker } });
});
afterAll(async () => {
  await worker.close();
  await served.close();
});

async function answeringLayer(): Promise<string | undefined> {
  const { client, runKeys: keys } = served;
  const run = await startBehavior(client, textRun('acme'), { keys, taskQueue: worker.taskQueue });
  return (await outcome(client, run.workflowId)).answeredBy?.layer;
}

const refused = { org: 'acme', provider: 'bedrock', isOurs: true };

test('a broker hears what was refused of it, and nothing of what was taken', async () => {
  served.vendors.fault('bedrock', { kind: 'status', status: 401, times: 1 });
  expect([await answeringLayer(), await answeringLayer()]).toEqual(['platform', 'behavior']);
  expect(forgotten).toEqual([refused]);
});

test('a failure for another reason is none of the broker', async () => {
  served.vendors.fault('bedrock', { kind: 'status', status: 403, times: 1 });
  expect(await answeringLayer()).toBe('platform');
  expect(forgotten).toEqual([refused]);
});

test('a broker that throws when it hears it changes nothing of the run', async () => {
  served.vendors.fault('bedrock', { kind: 'status', status: 401, times: 1 });
  expect([await answeringLayer(), await answeringLayer()]).toEqual(['platform', 'behavior']);
  expect(forgotten).toEqual([refused, refused]);
});
