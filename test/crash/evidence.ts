import type { RunOutcome } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import type { CrashSite } from './crash-site.ts';
import type { CrashRun } from './runs.ts';

/** What a run came to, and what is left of it. */
export interface Evidence extends Trail {
  readonly outcome: RunOutcome;
}

/** What is left of a run, each part as the one told it who cannot err: vendor, ledger, engine, registry. */
export interface Trail {
  /** Calls that truly came in, by model. */
  readonly calls: Readonly<Record<string, number>>;
  /** Rows of the ledger, in the order of their calls. */
  readonly rows: readonly LedgerRow[];
  readonly effects: readonly LeftEffect[];
  /** Records and e-mails that were ever written, and how many of them were taken back. */
  readonly written: number;
  readonly takenBack: number;
  /** Outcomes that the registry holds for the event. */
  readonly recorded: readonly { readonly status: string | null }[];
  /** Answers that are still kept for a next try. */
  readonly answersKept: number;
}

export interface LedgerRow {
  readonly model: string;
  readonly state: string;
}

interface LeftEffect {
  readonly action: string;
  readonly state: string;
  /** How often it was done. */
  readonly generation: number;
}

const models: Readonly<Record<string, string>> = {
  'sound-own': 'own',
  'broken-own': 'own',
  'sound-default': 'usual',
  'broken-default': 'usual',
  platform: 'platform/ai',
};

export async function gatherTrail(
  { superuserUrl: url, vendors }: CrashSite,
  { run, workflowId, mark }: CrashRun,
): Promise<Trail> {
  const key = [run.org, workflowId];
  const rows = await ask<LedgerRow>(
    url,
    `select model, state from byom.attempts where org_id = $1 and workflow_id = $2 order by sent_at`,
    key,
  );
  const effects = await ask<LeftEffect>(
    url,
    `select split_part(key, '/', 2) as action, state, generation from pipe_engine.effects
     where key like $1 || '/%' order by key`,
    [workflowId],
  );
  const [things] = await ask<{ written: number; back: number }>(
    url,
    `select count(*)::int as written, count(back)::int as back from (
       select removed_at as back from pipe_engine.records where table_id = $1
       union all select recalled_at from pipe_engine.emails where template_id = $1) one`,
    [mark],
  );
  const recorded = await ask<Trail['recorded'][number]>(
    url,
    `select status from byom.runs where org_id = $1 and workflow_id = $2`,
    key,
  );
  const [kept] = await ask<{ count: number }>(
    url,
    `select count(*)::int as count from byom.attempt_answers s join byom.attempts a using (org_id, run_id, call)
     where a.org_id = $1 and a.workflow_id = $2`,
    key,
  );
  return {
    calls: countCalls(vendors.log, mark),
    rows,
    effects,
    written: things?.written ?? -1,
    takenBack: things?.back ?? -1,
    recorded,
    answersKept: kept?.count ?? -1,
  };
}

function countCalls(log: CrashSite['vendors']['log'], mark: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { route, body } of log) {
    if (!JSON.stringify(body).includes(mark)) continue;
    const model = models[route] ?? route;
    counts[model] = (counts[model] ?? 0) + 1;
  }
  return counts;
}
