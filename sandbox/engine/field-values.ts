import type { FieldDefinition } from '../../contract/index.ts';
import { refuse } from './refuse.ts';
import type { Sql } from './transaction.ts';

/** The fields of a pipe, in the order of its form. */
export async function listFields(sql: Sql, pipe: string): Promise<readonly FieldDefinition[]> {
  const { rows } = await sql.query<{ id: string; label: string; type: string; options: string[] | null }>(
    'select id, label, type, options from pipe_engine.fields where pipe_id = $1 order by position',
    [pipe],
  );
  return rows.map(({ options, ...field }) => (options ? { ...field, options } : field));
}

/** Throws `action.failed` when a value is for no field of this pipe, or of another type than its field. */
export async function checkFields(
  sql: Sql,
  pipe: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const known = new Map((await listFields(sql, pipe)).map((field) => [field.id, field]));
  for (const [id, value] of Object.entries(values)) {
    const field = known.get(id);
    if (!field) throw refuse(`pipe ${pipe} has no field ${id}`);
    if (!fits(field, value)) throw refuse(`field ${id} takes another value: it is of type ${field.type}`);
  }
}

function fits({ type, options }: FieldDefinition, value: unknown): boolean {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  if (type === 'checkbox') return typeof value === 'boolean';
  if (type.startsWith('checklist'))
    return Array.isArray(value) && value.every((one) => isOption(one, options));
  if (type === 'date' || type === 'datetime') {
    return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  }
  return isOption(value, options);
}

function isOption(value: unknown, options: readonly string[] | undefined): boolean {
  return typeof value === 'string' && (options === undefined || options.includes(value));
}
