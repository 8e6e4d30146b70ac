import { ofOrg, type OrgQuery } from './read.ts';

/** What one model did for one Behavior at one layer on one UTC day. */
export interface UsageLine {
  readonly day: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly layer: string;
  readonly model: string;
  readonly provider: string;
  readonly calls: number;
  readonly answered: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Decimal, in the organization's currency; null where no call had a price. */
  readonly cost: string | null;
  readonly currency: string;
}

/** Days from `from` to before `to` (UTC). `unknown` calls count: they may have been billed. */
export function readUsage(range: {
  readonly from: string;
  readonly to: string;
  readonly model: string | null;
  readonly pipe: string | null;
}): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(to_jsonb(one)), '[]') from (
      select to_char(a.sent_at at time zone 'UTC', 'YYYY-MM-DD') as day, a.pipe_id as pipe, a.behavior_id as behavior,
          a.layer, a.model, a.provider, a.currency, count(*) as calls,
          count(*) filter (where a.state = 'answered') as answered,
          coalesce(sum(a.input_tokens), 0) as "inputTokens", coalesce(sum(a.output_tokens), 0) as "outputTokens",
          trim_scale(sum(a.cost))::text as cost
        from byom.attempts a
        where ${ofOrg('a')} and a.state <> 'refused'
          and a.sent_at >= ($1->>'from')::timestamptz and a.sent_at < ($1->>'to')::timestamptz
          and ($1->>'model' is null or a.model = $1->>'model') and ($1->>'pipe' is null or a.pipe_id = $1->>'pipe')
        group by 1, 2, 3, 4, 5, 6, 7 order by 1 desc, 2, 3, 4, 5 limit 10000) one`,
    args: range,
  };
}
