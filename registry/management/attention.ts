import { ofOrg, type OrgQuery } from './read.ts';

/** One thing that an admin should know. */
export type AttentionItem =
  /** The vendor refuses the credential, and nothing was answered with it since; the one before it may have been. */
  | {
      readonly kind: 'credential-refused';
      readonly provider: string;
      readonly since: string;
      readonly calls: number;
    }
  /** Runs of the last 24 hours that another model than the requested one answered. */
  | {
      readonly kind: 'fallback';
      readonly model: string;
      readonly reason: string;
      readonly runs: number;
      /** Of all runs that asked for this model, 0 to 1. */
      readonly share: number;
    }
  /** Behaviors whose model is switched off: each of their runs is a failure of that model. */
  | { readonly kind: 'disabled-model'; readonly model: string; readonly behaviors: number }
  /** Providers without the credential that they need. */
  | { readonly kind: 'credential-missing'; readonly provider: string; readonly models: number }
  /** Nothing serves where nothing is assigned, but for the platform. */
  | { readonly kind: 'no-default' };

const refused = `select jsonb_build_object('kind', 'credential-refused', 'provider', a.provider,
    'since', min(a.settled_at), 'calls', count(*)) as item
  from byom.attempts a
  join byom.providers p on p.org_id = a.org_id and p.slug = a.provider
  join byom.credentials c on c.org_id = p.org_id and c.provider_id = p.id and c.state = 'active'
  where ${ofOrg('a')} and ${ofOrg('p')} and ${ofOrg('c')} and a.failure = 'model.unauthorized'
    and a.credential_generation = c.generation and a.sent_at > now() - interval '30 days'
    and not exists (select from byom.attempts later where ${ofOrg('later')} and later.provider = a.provider
      and later.credential_generation = a.credential_generation and later.state = 'answered'
      and later.sent_at > a.sent_at and later.sent_at > now() - interval '30 days')
  group by a.provider`;

const fallback = `select jsonb_build_object('kind', 'fallback', 'model', asked.model, 'reason', asked.reason,
    'runs', count(*), 'share', round(count(*)::numeric / max(asked.of_all), 4)) as item
  from (
    select r.draft->'requested'->>'model' as model, r.draft->>'reason' as reason,
        r.draft->'answeredBy'->>'model' as answered,
        count(*) over (partition by r.draft->'requested'->>'model') as of_all
      from byom.runs r where ${ofOrg('r')} and r.created_at > now() - interval '24 hours'
        and r.draft->'requested'->>'model' is not null) asked
  where asked.answered is distinct from asked.model
  group by asked.model, asked.reason`;

const disabled = `select jsonb_build_object('kind', 'disabled-model', 'model', m.slug, 'behaviors', count(*)) as item
  from byom.assignments a
  join byom.models m on m.org_id = a.model_org and m.id = a.model_id
  join byom.providers p on p.org_id = m.org_id and p.id = m.provider_id
  where ${ofOrg('a')} and ${ofOrg('m')} and ${ofOrg('p')} and not (m.enabled and p.enabled)
  group by m.slug`;

const missing = `select jsonb_build_object('kind', 'credential-missing', 'provider', p.slug, 'models', (
      select count(*) from byom.models m where ${ofOrg('m')} and m.provider_id = p.id)) as item
  from byom.providers p where ${ofOrg('p')} and p.enabled and p.needs_credential
    and not exists (select from byom.credentials c where ${ofOrg('c')} and c.provider_id = p.id and c.state = 'active')`;

const noDefault = `select jsonb_build_object('kind', 'no-default') as item
  where not exists (select from byom.default_models d where ${ofOrg('d')})`;

/** Looked up when it is asked for: what was mended is gone with the next look. */
export function readAttention(): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(found.item), '[]') from (
      (${refused}) union all (${missing}) union all (${disabled}) union all (${noDefault}) union all
      (${fallback} order by count(*) desc limit 50)) found`,
  };
}
