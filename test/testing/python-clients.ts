import { join } from 'node:path';
import { runCommand } from '../../sandbox/processes.ts';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { ensurePython } from '../support/ensure-python.ts';

/** `npm run test:python-clients`: the vendors' SDKs for Python, which share no line with ours, read the stand-ins. */
const requirements = [
  'openai==3.57.0',
  'boto3==1.44.8',
  'google-genai==3.6.1',
  'oci==2.189.0',
  'anthropic==2.13.0',
];

let interpreter: string;
let vendors: SandboxVendors;
beforeAll(async () => {
  interpreter = join(await ensurePython('python-clients', requirements), 'python');
  vendors = await startSandboxVendors();
  vendors.fault('limited', { kind: 'status', status: 429 });
}, 600_000);
afterAll(() => vendors?.close());

interface Seen {
  readonly whole: string;
  readonly streamed: string;
  readonly json: unknown;
  readonly error: readonly [name: string, status: number];
  readonly usage: readonly [whole: number, streamed: number];
  readonly forged?: readonly [name: string, status: number];
}

test.each([
  ['openai_chat', 'openai', 'RateLimitError'],
  ['openai_responses', 'openai', 'RateLimitError'],
  ['azure', 'azure', 'RateLimitError'],
  ['gemini', 'gemini', 'ClientError'],
  ['bedrock', 'bedrock', 'ThrottlingException'],
  ['oracle', 'oracle', 'TransientServiceError'],
  ['anthropic', 'anthropic', 'RateLimitError'],
])('%s reads a text, its stream, JSON by a schema and an error', async (client, route, error) => {
  const before = vendors.callsTo(route).length;
  const seen = await askBy(client);
  expect(seen.whole).toContain('the dead keys');
  expect(seen.streamed).toBe(seen.whole);
  expect(seen.json).toEqual({ city: 'Paris' });
  expect(seen.error).toEqual([error, 429]);
  const [whole, streamed] = vendors.callsTo(route).slice(before);
  expect(seen.usage).toEqual([whole, streamed].map((call) => totalOf(call?.billed)));
  expect([whole?.streamed, streamed?.streamed]).toEqual([false, true]);
});

test.each([
  ['bedrock', ['InvalidSignatureException', 403]],
  ['oracle', ['ServiceError', 401]],
])("what %s's own signer signed with another key is refused", async (client, refused) => {
  expect((await askBy(client)).forged).toEqual(refused);
});

function totalOf(billed: SandboxVendors['log'][number]['billed'] | undefined): number {
  return (billed?.inputTokens ?? 0) + (billed?.outputTokens ?? 0);
}

async function askBy(client: string): Promise<Seen> {
  const standIn = { origin: vendors.origin, accounts: await vendors.accounts() };
  const { PATH = '', HOME = '' } = process.env;
  const args = [join(import.meta.dirname, 'python-clients.py'), client];
  const env = { PATH, HOME, STAND_IN: JSON.stringify(standIn) };
  const { ok, how, output } = await runCommand(interpreter, args, { env });
  if (!ok) throw new Error(`${client} ${how}:\n${output}`);
  return JSON.parse(output.split('\n').at(-1) ?? '') as Seen;
}
