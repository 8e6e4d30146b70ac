import type { Connection } from '@temporalio/client';
import { searchAttributeNames } from '../contract/index.ts';
import { createClosers } from './closers.ts';
import { findFreePort, startChild, waitUntil, type Child } from './processes.ts';
import { findTemporalProgram } from './temporal-program.ts';

/** A Temporal server to run against: one of our own, or the one that `TEMPORAL_ADDRESS` names. */
export interface SandboxTemporal {
  readonly address: string;
  /** Null where there is no UI, or it is not ours to know. */
  readonly uiUrl: string | null;
  /** Null where the server is not ours. */
  readonly pid: number | null;
  close(): Promise<void>;
}

export interface TemporalOptions {
  /** Where workflows are kept so that a restart finds them; without it they live in memory. */
  readonly dbFile?: string;
  /** Without the web UI. */
  readonly headless?: boolean;
  readonly port?: number;
  readonly uiPort?: number;
  readonly env: NodeJS.ProcessEnv;
  /** One line for the user when something takes long. */
  readonly onProgress?: (line: string) => void;
}

const readyWithinMs = 30_000;
const reachedWithinMs = 10_000;
const triesForPort = 3;
const searchAttributes = {
  [searchAttributeNames.status]: 'Keyword',
  [searchAttributeNames.org]: 'Keyword',
  [searchAttributeNames.tags]: 'KeywordList',
} as const;

/**
 * The first three make a development server as fast as a real one: by default it looks for tasks 20 times a second, and
 * fires timers up to a second late (measured with server 1.32.0: 100 ms instead of 27 for one activity).
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxTimeShift': '"20ms"',
  'matching.enableFairness': 'true',
  'frontend.WorkflowPauseEnabled': 'true',
} as const;

/**
 * Starts Temporal's development server with our search attributes, and waits until it serves. Where `TEMPORAL_ADDRESS`
 * is set, nothing is started and that server is waited for. Throws one error that names every way when there is none.
 */
export async function startTemporal(options: TemporalOptions): Promise<SandboxTemporal> {
  const address = options.env['TEMPORAL_ADDRESS'];
  if (address) return useTemporal(address);
  const program = await findTemporalProgram(options.env, options.onProgress ?? (() => {}));
  const { onClose, closeAll } = createClosers();
  try {
    const { child, port, uiPort } = await startServer(program, options);
    onClose(() => child.stop());
    const uiUrl = uiPort === null ? null : `http://127.0.0.1:${uiPort}`;
    return { address: `127.0.0.1:${port}`, uiUrl, pid: child.pid, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function useTemporal(address: string): Promise<SandboxTemporal> {
  await waitUntil(() => askHealth(address), {
    what: 'The Temporal server of TEMPORAL_ADDRESS',
    deadlineMs: reachedWithinMs,
    everyMs: 250,
  });
  return { address, uiUrl: null, pid: null, close: async () => {} };
}

interface StartedServer {
  readonly child: Child;
  readonly port: number;
  readonly uiPort: number | null;
}

async function startServer(program: string, options: TemporalOptions): Promise<StartedServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreePort());
    const uiPort = options.headless ? null : (options.uiPort ?? (await findFreePort()));
    const args = serverArguments(port, uiPort, options.dbFile);
    const child = startChild(program, args, { env: withoutTemporalSettings(options.env) });
    try {
      await waitUntil(() => askReady(`127.0.0.1:${port}`), {
        what: 'The Temporal development server',
        deadlineMs: readyWithinMs,
        child,
      });
      return { child, port, uiPort };
    } catch (error) {
      await child.stop();
      const taken = /address already in use|can't set frontend port/i.test(child.output());
      if (!taken || options.port !== undefined || attempt === triesForPort) throw error;
    }
  }
}

function serverArguments(port: number, uiPort: number | null, dbFile: string | undefined): readonly string[] {
  return [
    'server',
    'start-dev',
    '--disable-config-file',
    '--log-level=error',
    '--ip=127.0.0.1',
    `--port=${port}`,
    ...(uiPort === null
      ? ['--headless']
      : ['--ui-ip=127.0.0.1', `--ui-port=${uiPort}`, '--ui-disable-news-fetch']),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
}

/** The program reads connection settings from TEMPORAL_… too; they are meant for clients, not for this server. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** Serving, with the default namespace and our search attributes, which appear a moment later. */
async function askReady(address: string): Promise<true | undefined> {
  return withConnection<true | undefined>(address, async (connection) => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    const missing = Object.keys(searchAttributes).some((name) => !(name in customAttributes));
    return missing ? undefined : true;
  });
}

async function askHealth(address: string): Promise<true> {
  return withConnection<true>(address, async (connection) => {
    await connection.healthService.check({});
    return true;
  });
}

async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
