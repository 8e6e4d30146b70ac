/** The tables that hold one organization's rows; each is under forced row-level security. */
const tenantTables = [
  'organizations',
  'providers',
  'credentials',
  'models',
  'default_models',
  'assignments',
  'rules',
  'data_classes',
  'data_class_providers',
  'model_observations',
  'attempts',
  'attempt_answers',
  'runs',
] as const;

/** What `byom_maintenance` sweeps and reads across organizations. */
const sweptTables = ['attempts', 'attempt_answers', 'runs'] as const;

/** Puts each table under forced row-level security: only the organization that a transaction is in is there. */
export function isolate(tables: readonly string[]): string {
  return tables
    .map(
      (table) => /* sql */ `
alter table byom.${table} enable row level security;
alter table byom.${table} force row level security;
create policy organization on byom.${table}
  using (org_id = current_setting('app.org_id', true))
  with check (org_id = current_setting('app.org_id', true));`,
    )
    .join('\n');
}

/**
 * The last step of the first migration. After a transaction that set an organization the setting is '' and not null: no
 * organization has that id, so a forgotten setting shows no row at all.
 */
export const isolation = /* sql */ `
insert into byom.organizations (org_id, name) values ('platform', 'Platform');

${isolate(tenantTables)}

${sweptTables
  .map(
    (table) => /* sql */ `
create policy maintenance on byom.${table} to byom_maintenance using (true);`,
  )
  .join('\n')}

alter table byom.key_checks enable row level security;
alter table byom.key_checks force row level security;
create policy everybody on byom.key_checks using (true) with check (true);
`;
