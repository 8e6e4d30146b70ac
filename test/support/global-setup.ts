import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedBy, createClosers, startAll, type Closers } from '../../sandbox/closers.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { startPostgres } from '../../sandbox/postgres.ts';
import { startTemporal } from '../../sandbox/temporal.ts';

declare global {
  /** Handed from set-up to teardown: jest runs both in one process. */
  var byomTestClosers: Closers | undefined;
}

/** Starts what the tests share, once for the whole run: Postgres, Temporal and the workflow bundle. */
export default async function setUp(): Promise<void> {
  const closers = createClosers();
  globalThis.byomTestClosers = closers;
  try {
    const [postgres, temporal, bundle] = await startAll([
      closedBy(closers, startPostgres()),
      closedBy(closers, startTemporal({ headless: true, env: process.env, onProgress: console.log })),
      bundleWorkflows(closers),
    ]);
    process.env['BYOM_TEST_OWNER_URL'] = postgres.ownerUrl;
    process.env['BYOM_TEST_POSTGRES_PORT'] = String(postgres.port);
    process.env['BYOM_TEST_TEMPORAL_ADDRESS'] = temporal.address;
    process.env['BYOM_TEST_BUNDLE'] = bundle;
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** One bundle for all test files, which would each take a second to make their own; its path. */
async function bundleWorkflows({ onClose }: Closers): Promise<string> {
  const workflowsPath = join(findPackageRoot(), 'workflows', 'index.ts');
  const folder = await mkdtemp(join(tmpdir(), 'pipe-byom-bundle-'));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const path = join(folder, 'workflows.js');
  await writeFile(path, code);
  return path;
}
