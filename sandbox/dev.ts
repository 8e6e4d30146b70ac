import { createClosers, closeOnExit } from './closers.ts';
import { sandboxRegistry } from './sandbox-registry.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { allUseCases } from './use-cases/all-use-cases.ts';
import { acme } from './use-cases/use-case.ts';
import type { SandboxVendors } from '../testing/index.ts';
import { vendors } from '../vendors/index.ts';

export interface DevOptions {
  /** One line of JSON on stdout when it is ready, and nothing else. */
  readonly json: boolean;
  /** Load the sample organization and its pipes. */
  readonly sample: boolean;
  /** Allow a database or Temporal on another machine; then no loopback address may be called. */
  readonly remote: boolean;
}

/** The whole stack, staying up until Ctrl-C. Throws when a remote part is named and was not allowed. */
export async function runDev(options: DevOptions, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const remotes = remoteParts(env);
  if (remotes.length > 0 && !options.remote)
    throw new Error(
      `${remotes.join(' and ')} ${remotes.length > 1 ? 'are' : 'is'} on another machine: allow that with --remote, or unset it.`,
    );
  const closers = createClosers();
  closeOnExit(closers);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const stack = await startStack({
      env,
      closers,
      headless: false,
      withApi: true,
      onProgress: say,
      registryFile: (vendors) => (options.sample ? sandboxRegistry(vendors) : null),
      ...(remotes.length > 0 ? { allowedRanges: [] } : {}),
    });
    if (options.sample)
      for (const { pipes } of allUseCases) for (const pipe of pipes) await stack.engine.install(pipe);
    tell(stack, options, say);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

function tell(stack: Stack, { json, sample }: DevOptions, say: (line: string) => void): void {
  const ready = {
    ready: true,
    api: stack.api?.url ?? null,
    adminToken: stack.api?.adminToken ?? null,
    temporalAddress: stack.temporal.address,
    temporalUi: stack.temporal.uiUrl,
    databaseUrl: stack.postgres.ownerUrl,
    org: sample ? acme : null,
    environment: environmentOf(stack),
    sandboxVendors: Object.fromEntries(
      Object.keys(vendors).map((name) => [name, standInOf(name, stack.vendors)]),
    ),
  };
  if (json) {
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    return;
  }
  say('\nReady. Ctrl-C ends everything.\n');
  const { ready: _ready, environment, ...places } = ready;
  for (const [name, value] of Object.entries(places))
    process.stdout.write(`${name.padEnd(18)} ${textOf(value)}\n`);
  say('\nFor `byom` in another terminal:');
  for (const [name, value] of Object.entries(environment))
    process.stdout.write(`export ${name}='${value}'\n`);
}

/** What a provider of that vendor takes as its `baseUrl` or `endpoint`. */
function standInOf(vendor: string, vendors: SandboxVendors): string {
  return vendor === 'openai' || vendor === 'custom' ? vendors.url(vendor) : vendors.endpoint(vendor);
}

/** What the other commands take from the environment to reach this stack. */
function environmentOf({ postgres, temporal, rings, api }: Stack): Readonly<Record<string, string>> {
  return {
    ...(api === null ? {} : { BYOM_API_URL: api.url, BYOM_API_TOKEN: api.adminToken }),
    TEMPORAL_ADDRESS: temporal.address,
    BYOM_API_DATABASE_URL: postgres.url('byom_api'),
    BYOM_CREDENTIAL_PUBLIC_KEYS: rings.seal,
    BYOM_RUN_KEYS: rings.run,
  };
}

/** The vendors are told one a line, below each other. */
function textOf(value: string | boolean | null | Readonly<Record<string, string>>): string {
  if (value === null) return '-';
  if (typeof value !== 'object') return String(value);
  const lines = Object.entries(value).map(([name, url]) => `${name} ${url}`);
  return lines.join(`\n${' '.repeat(19)}`);
}

function remoteParts(env: NodeJS.ProcessEnv): readonly string[] {
  const hosts = {
    BYOM_DATABASE_URL: hostOf(env['BYOM_DATABASE_URL']),
    TEMPORAL_ADDRESS: hostOf(env['TEMPORAL_ADDRESS'] && `http://${env['TEMPORAL_ADDRESS']}`),
  };
  return Object.entries(hosts).flatMap(([name, host]) => (host === null || isLoopback(host) ? [] : [name]));
}

function hostOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : null;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
