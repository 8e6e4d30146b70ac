import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen, type Listening } from '../../api/index.ts';
import { furnish, platformAdmin } from '../api/examples.ts';
import { openApiWorld, type ApiWorld } from '../api/world.ts';
import { ensurePython } from '../support/ensure-python.ts';

/** `npm run fuzz -- schemathesis`: a stranger's fuzzer reads our document, and holds the API to it over HTTP. */
const requirements = ['schemathesis==4.32.5'];
const { BYOM_SEED: seed = '1', BYOM_FUZZ_SECONDS: budgetSeconds = '240' } = process.env;
/** What it finds goes on after the budget until the operation at hand is through. */
const limitMs = (Number(budgetSeconds) + 120) * 1_000;

let programs: string;
let folder: string;
let world: ApiWorld;
let listening: Listening;
beforeAll(async () => {
  programs = await ensurePython('schemathesis', requirements);
  folder = await mkdtemp(join(tmpdir(), 'pipe-byom-schemathesis-'));
  world = await openApiWorld({ requestsPerMinute: 10_000_000 });
  for (const org of ['acme', 'globex']) await furnish(world, org);
  listening = await listen(world.api, { host: '127.0.0.1', port: 0 });
}, 300_000);
afterAll(async () => {
  await listening?.close(1_000);
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test(
  `Schemathesis finds no answer that is not as the document says (seed ${seed}, ${budgetSeconds} s)`,
  async () => {
    const code = await runFuzzer(await world.tokenOf(platformAdmin));
    const bugs = world.lines.flatMap(({ bug, route }) => (bug === undefined ? [] : [`${route}\n${bug}`]));
    expect([...new Set(bugs)]).toEqual([]);
    expect(code).toBe(0);
    // Requests that are all refused, or a token that was taken away on the way, would prove nothing.
    const served = world.lines.filter(({ status }) => status < 300).length;
    expect(served).toBeGreaterThan(world.lines.length / 20);
    expect((await world.call('GET', '/v1/orgs', { as: platformAdmin })).status).toBe(200);
  },
  limitMs,
);

/** Runs it in front of whoever watches: what it finds comes with the request that shows it. The code that it ends with. */
async function runFuzzer(token: string): Promise<unknown> {
  const document = join(folder, 'openapi.json');
  await writeFile(document, await (await fetch(`${listening.url}/openapi.json`)).text());
  const settings = await readFile(join(import.meta.dirname, 'schemathesis.toml'), 'utf8');
  await writeFile(
    join(folder, 'schemathesis.toml'),
    `base-url = "${listening.url}"\nseed = ${Number(seed)}\nheaders = { Authorization = "Bearer ${token}" }\n${settings}`,
  );
  const { PATH = '' } = process.env;
  const fuzzer = spawn(
    join(programs, 'schemathesis'),
    ['--no-color', 'run', document, '--max-time', budgetSeconds, '--warnings', 'off'],
    { env: { PATH, HOME: folder }, cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], timeout: limitMs },
  );
  const [code] = (await once(fuzzer, 'exit')) as [number | null];
  return code;
}
