import { ofOrg, type OrgQuery } from './read.ts';

/** An assignment in a list, with who answered last. */
export interface AssignmentLine {
  readonly pipe: string;
  readonly behavior: string;
  readonly model: string;
  readonly modelEnabled: boolean | null;
  /** The model that the last finished run of this Behavior was answered by, and when. */
  readonly lastAnsweredBy: { readonly model: string; readonly layer: string; readonly at: string } | null;
  readonly revision: string;
}

/** By pipe and Behavior, after `after`; one more than `limit`. `pipes`: only these; null: all. */
export function listAssignments(page: {
  readonly after: readonly string[];
  readonly limit: number;
  readonly model: string | null;
  readonly pipe: string | null;
  readonly pipes: readonly string[] | null;
}): OrgQuery {
  const { after, ...args } = page;
  return {
    hot: 'list_assignments',
    sql: `select coalesce(jsonb_agg(jsonb_build_object('pipe', a.pipe_id, 'behavior', a.behavior_id,
        'revision', a.revision::text, 'modelEnabled', m.enabled, 'lastAnsweredBy', r.answered_by,
        'model', case a.model_org when $2 then m.slug else byom.model_slug($2, a.model_org, a.model_id) end)
        order by a.pipe_id, a.behavior_id), '[]')
      from (select * from byom.assignments a where ${ofOrg('a')}
        and (a.pipe_id, a.behavior_id) > ($1->>'afterPipe', $1->>'afterBehavior')
        and ($1->>'pipe' is null or a.pipe_id = $1->>'pipe')
        and ($1->'pipes' = 'null' or a.pipe_id in (select jsonb_array_elements_text($1->'pipes')))
        and ($1->>'model' is null or byom.model_slug($2, a.model_org, a.model_id) = $1->>'model')
        order by a.pipe_id, a.behavior_id limit ($1->>'limit')::int + 1) a
      left join byom.models m on ${ofOrg('m')} and m.org_id = a.model_org and m.id = a.model_id
      left join lateral (select jsonb_build_object('model', r.draft->'answeredBy'->>'model',
            'layer', r.draft->'answeredBy'->>'layer', 'at', r.recorded_at) as answered_by
          from byom.runs r where ${ofOrg('r')} and r.pipe_id = a.pipe_id and r.behavior_id = a.behavior_id
            and r.draft->'answeredBy' is not null and r.draft->'answeredBy' <> 'null'
          order by r.created_at desc limit 1) r on true`,
    args: { ...args, afterPipe: after[0] ?? '', afterBehavior: after[1] ?? '' },
  };
}
