import { runLimits } from '../../contract/index.ts';
import { conditionHolds } from './condition.ts';
import type { FieldValues } from './cards.ts';
import type { StoredEvent } from './events.ts';
import type { Agent, BehaviorDefinition } from './pipe-definition.ts';
import type { Sql } from './transaction.ts';

/** A Behavior as installed, with what its runs need beside it. */
export interface InstalledBehavior {
  readonly definition: BehaviorDefinition;
  readonly agent: Pick<Agent, 'id' | 'name' | 'instruction'>;
  readonly knowledge: readonly { readonly name: string; readonly text: string }[];
}

/** Does this Behavior answer to this event? Judged on the card as it is when the event is delivered. */
export function listens(
  behavior: BehaviorDefinition,
  event: Pick<StoredEvent, 'type' | 'changed' | 'origin' | 'byBehavior'>,
  fields: FieldValues,
  now: Date,
): boolean {
  if (!behavior.active || behavior.eventId !== event.type) return false;
  // Its own write would trigger it for ever; a longer circle ends at the depth limit.
  if (event.byBehavior === behavior.id) return false;
  if ((event.origin?.depth ?? 0) > runLimits.depthMax) return false;
  return concerns(behavior.eventParams, event) && conditionHolds(behavior.condition, fields, now);
}

/** Without parameters a Behavior answers to every event of its type. */
function concerns(
  params: BehaviorDefinition['eventParams'],
  { changed }: Pick<StoredEvent, 'changed'>,
): boolean {
  const { to_phase_id: phase, triggerFieldIds: watched = [] } = params ?? {};
  if (phase && phase !== changed.to) return false;
  return watched.length === 0 || watched.some((id) => changed.fields?.includes(id));
}

export async function listBehaviors(sql: Sql, pipe: string): Promise<readonly InstalledBehavior[]> {
  const { rows } = await sql.query<InstalledBehavior>(
    'select definition, agent, knowledge from pipe_engine.behaviors where pipe_id = $1 order by position',
    [pipe],
  );
  return rows;
}
