import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { runCommand } from '../../sandbox/processes.ts';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';

/** `npm run test:python-clients`: the vendors' SDKs for Python, which share no line with ours, read the stand-ins. */
const requirements = [
  'openai==3.57.0',
  'boto3==1.44.8',
  'google-genai==3.6.1',
  'oci==2.189.0',
  'anthropic==2.13.0',
];
const folder = join(findPackageRoot(), '.cache', 'python-clients');
const interpreter = join(folder, 'bin', 'python');

let vendors: SandboxVendors;
beforeAll(async () => {
  await ensurePackages();
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
  const output = await run(interpreter, [join(import.meta.dirname, 'python-clients.py'), client], {
    PATH,
    HOME,
    STAND_IN: JSON.stringify(standIn),
  });
  return JSON.parse(output.split('\n').at(-1) ?? '') as Seen;
}

/** Once for these versions, in the project's cache. */
async function ensurePackages(): Promise<void> {
  const mark = join(folder, 'requirements.txt');
  const wanted = requirements.join('\n');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  process.stderr.write(
    'Installing the SDKs from PyPI into .cache/python-clients (about 2 minutes, once) …\n',
  );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...requirements]);
  await writeFile(mark, wanted);
}

async function run(command: string, args: readonly string[], env = process.env): Promise<string> {
  const { ok, how, output } = await runCommand(command, args, { env });
  if (!ok) throw new Error(`${command} ${how}:\n${output}`);
  return output;
}
