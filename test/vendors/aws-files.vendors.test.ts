import { createRequire } from 'node:module';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { createAssumeRole, createGuard, type Guard } from '../../vendors/index.ts';
import { openBench, type Bench } from './calling.ts';
import { bedrockDialect } from './dialects/amazon-bedrock.ts';

type ReadFile = (path: unknown, ...rest: readonly unknown[]) => Promise<unknown>;

// Before any of the SDKs is loaded: they keep the function that they find here.
const files = createRequire(import.meta.url)('node:fs/promises') as { readFile: ReadFile };
const { readFile } = files;
const opened: string[] = [];
files.readFile = (path, ...rest) => {
  opened.push(String(path));
  return readFile(path, ...rest);
};

let bench: Bench;
let standIn: SandboxVendors;
let guard: Guard;
beforeAll(async () => {
  [bench, standIn] = await Promise.all([openBench(), startSandboxVendors()]);
  guard = createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown: standIn.wellKnown });
});
afterAll(async () => {
  files.readFile = readFile;
  await Promise.all([guard.close(), bench.close(), standIn.close()]);
});

const filesOfAmazon = (): readonly string[] => opened.filter((path) => /\.aws|config|credentials/.test(path));

it('calls to Bedrock and to the Security Token Service open no file of the worker', async () => {
  const { aws } = await standIn.accounts();
  const role = 'arn:aws:iam::123456789012:role/byom';
  const ask = { org: 'acme', provider: 'legal', audience: 'x', roleArn: role, externalId: 'external' };
  const keys = await createAssumeRole({ guard, region: 'eu-central-1', baseKeys: aws })(ask);
  for (const credential of [aws, keys, { apiKey: 'any' }]) {
    for (const streaming of [true, false]) {
      const settings = { endpoint: standIn.endpoint('legal') };
      await bench.call(bedrockDialect, { guard, credential, streaming, settings });
    }
  }
  expect(filesOfAmazon()).toEqual([]);

  // The watch would see one: a client that is told less looks for it there.
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
  await new BedrockRuntimeClient({ region: 'eu-central-1' }).config.maxAttempts();
  expect(filesOfAmazon().length).toBeGreaterThan(0);
});
