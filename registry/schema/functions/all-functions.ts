import { hotReads } from '../../management/hot-reads.ts';
import { appendAudit } from './append-audit.ts';
import { begin } from './begin.ts';
import { beginTest } from './begin-test.ts';
import { callCounts } from './call-counts.ts';
import { claimRun } from './claim-run.ts';
import { countCredentials } from './count-credentials.ts';
import { endRun } from './end-run.ts';
import { hotRead } from './hot-read.ts';
import { ledgerSums } from './ledger-sums.ts';
import { listOrganizations } from './list-organizations.ts';
import { modelRow } from './model-row.ts';
import { modelSlug } from './model-slug.ts';
import { optionRows } from './option-rows.ts';
import { planRows } from './plan-rows.ts';
import { principal } from './principal.ts';
import { pruneAudit } from './prune-audit.ts';
import { recordLost } from './record-lost.ts';
import { recordOutcome } from './record-outcome.ts';
import { recordTest } from './record-test.ts';
import { resolve } from './resolve.ts';
import { settle } from './settle.ts';
import { settleCall } from './settle-call.ts';
import { sweepStale } from './sweep-stale.ts';
import { usageOf } from './usage-of.ts';
import { within } from './within.ts';

/** Made anew at the end of every migration, in this order; so a changed function is no migration of its own. */
export const allFunctions: readonly string[] = [
  usageOf,
  modelRow,
  callCounts,
  planRows,
  resolve,
  claimRun,
  ledgerSums,
  settleCall,
  endRun,
  begin,
  settle,
  recordOutcome,
  recordLost,
  beginTest,
  recordTest,
  sweepStale,
  countCredentials,
  within,
  modelSlug,
  optionRows,
  ...hotReads.map(([name, query]) => hotRead(name, query)),
  principal,
  listOrganizations,
  appendAudit,
  pruneAudit,
];
