import { retired } from '../stale.ts';

/**
 * One call is about to be made: what an earlier try left is looked at, the row `sent` is written, and the rows of this
 * moment come back with the sealed credential: the active one, or where it is asked for the one that was replaced less
 * than a quarter of an hour ago. A lock per execution numbers the calls without a gap. Nothing begins for an execution
 * that was superseded, or whose outcome is on record, or with a credential that has retired.
 */
export const begin = /* sql */ `
create or replace function byom.begin(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  run text := q->>'runId';
  candidate jsonb := q->'candidate';
  purpose text := q->>'purpose';
  earlier byom.attempts;
  answer jsonb;
  repair_of jsonb;
  next_call integer;
  rows jsonb;
  model jsonb;
  credentials jsonb;
  credential jsonb;
  refused_modes jsonb;
  hop_ms double precision;
begin
  perform set_config('app.org_id', org, true);
  perform pg_advisory_xact_lock(hashtextextended(org || chr(10) || run, 0));
  rows := byom.plan_rows(q);
  if not byom.claim_run(q) then
    return '{"superseded": true}';
  end if;

  if (q->>'resume')::boolean then
    select * into earlier from byom.attempts a
      where a.org_id = org and a.run_id = run and a.round = (q->>'round')::integer
        and a.model = candidate->>'model' and a.state <> 'refused'
      order by a.call desc limit 1;
    if earlier.state = 'answered' then
      select jsonb_build_object('call', s.call, 'keyId', s.key_id, 'day', s.day, 'sealed', encode(s.sealed, 'base64'))
        into answer from byom.attempt_answers s
        where s.org_id = org and s.run_id = run and s.call = earlier.call;
      if earlier.valid then
        return jsonb_build_object('answered', jsonb_build_object(
          'call', earlier.call,
          'candidate', jsonb_build_object('layer', earlier.layer, 'provider', earlier.provider,
            'model', earlier.model, 'vendor', earlier.vendor, 'reason', earlier.reason),
          'answer', answer,
          'usage', byom.usage_of(earlier.input_tokens, earlier.output_tokens, earlier.cached_input_tokens,
            earlier.reasoning_tokens),
          'ended', (select r.draft from byom.runs r
            where r.org_id = org and r.workflow_id = q->>'workflowId' and r.run_id = run)));
      end if;
      repair_of := answer;
      purpose := case when answer is null then purpose else 'repair' end;
    elsif earlier.state = 'sent' then
      update byom.attempts a set state = 'unknown', settled_at = clock_timestamp()
        where a.org_id = org and a.run_id = run and a.call = earlier.call and a.state = 'sent';
    end if;
  end if;

  model := rows->'wanted';
  if jsonb_typeof(model) = 'object' then
    select coalesce(jsonb_agg(o.refused_mode), '[]') into refused_modes from byom.model_observations o
      where o.org_id = org and o.model_org = model->>'modelOrg' and o.model_id = (model->>'modelId')::uuid;
    perform set_config('app.org_id', model->>'modelOrg', true);
    select jsonb_object_agg(t.state, jsonb_build_object('generation', t.generation, 'keyId', t.key_id,
        'wrappedKey', encode(t.wrapped_key, 'base64'), 'ciphertext', encode(t.ciphertext, 'base64')))
      into credentials from byom.credentials t
      where t.org_id = model->>'modelOrg' and t.provider_id = (model->>'providerId')::uuid and (t.state = 'active'
        or t.state = 'retiring' and t.audience = model->>'audience' and not (${retired}));
    perform set_config('app.org_id', org, true);
  end if;
  if q->>'credential' = 'retiring' and credentials->'retiring' is null then
    return '{"retired": true}';
  end if;
  credential := credentials->coalesce(q->>'credential', 'active');

  select coalesce(max(a.call), 0) + 1 into next_call from byom.attempts a where a.org_id = org and a.run_id = run;
  insert into byom.attempts (org_id, run_id, call, workflow_id, first_run_id, pipe_id, behavior_id, round, hop,
      attempt, purpose, layer, reason, provider, model, vendor, upstream_id, credential_generation, prices,
      currency, revision, question)
    values (org, run, next_call, q->>'workflowId', q->>'firstRunId', q->>'pipe', q->>'behavior',
      (q->>'round')::integer, (q->>'hop')::integer, (q->>'attempt')::integer, purpose,
      candidate->>'layer', candidate->>'reason', candidate->>'provider', candidate->>'model',
      candidate->>'vendor', model->>'upstreamId', (credential->>'generation')::integer,
      nullif(model->'prices', 'null'), rows->'organization'->>'currency',
      (rows->'organization'->>'revision')::bigint, q->'question');
  select extract(epoch from clock_timestamp() - min(a.sent_at)) * 1000 into hop_ms from byom.attempts a
    where a.org_id = org and a.run_id = run and a.round = (q->>'round')::integer
      and a.hop = (q->>'hop')::integer and a.state <> 'refused';
  return jsonb_build_object(
    'call', next_call,
    'rows', rows || jsonb_build_object('counts', byom.call_counts(q)),
    'credential', credential,
    'hasRetiring', credentials->'retiring' is not null,
    'refusedModes', refused_modes,
    'repairOf', repair_of,
    'hopMs', hop_ms);
end
$function$;
`;
