import type { Considered, Layer, Reason } from '../../contract/index.ts';
import type { ModelRow, Place, PlanQuestion, PlanRows } from './rows.ts';

/**
 * The chain of a run: the model assigned to the Behavior, else the organization's default, else the platform's own AI,
 * and after a failure whom `onFailure` names. A place that policy cuts off stays in the chain with the reason, so that
 * the outcome can say who was not asked.
 */
export function placesOf(rows: PlanRows, question: Pick<PlanQuestion, 'order'>): readonly Place[] {
  return question.order === null ? chainOf(rows) : orderedPlace(rows, question.order.by ?? 'operator');
}

/** The model that would serve if nothing stood in its way. */
export function requestedOf(rows: PlanRows): Considered['requested'] {
  const [first] = chainOf(rows);
  return first === undefined ? null : { layer: first.layer, model: first.row.model };
}

function chainOf({ assigned, byDefault, platform, policy }: PlanRows): readonly Place[] {
  const custom = [
    ...place('behavior', assigned, 'assigned'),
    ...place('organization', byDefault, 'not-assigned'),
  ];
  const last = place('platform', platform, 'nothing-configured');
  if (custom.length === 0) return policy.whenMissing === 'platform' ? last : [];
  switch (policy.onFailure) {
    case 'platform':
      return [...custom.slice(0, 1), ...last];
    case 'cascade':
      return [...custom, ...last];
    case 'none':
      return [...custom, ...last].map((one, index) =>
        index === 0 ? one : { ...one, cut: 'on-failure-none' },
      );
  }
}

/** An explicit order names one model and nobody else; `onFailure` does not bind it, every boundary does. */
function orderedPlace({ ordered, assigned, byDefault, platform }: PlanRows, by: string): readonly Place[] {
  if (ordered === null) return [];
  const layers: readonly (readonly [Layer, ModelRow | null])[] = [
    ['behavior', assigned],
    ['organization', byDefault],
    ['platform', platform],
  ];
  const layer = layers.find(([, row]) => row?.model === ordered.model)?.[0];
  return place(layer ?? (ordered.ofPlatform ? 'platform' : 'organization'), ordered, `ordered-by:${by}`);
}

function place(layer: Layer, row: ModelRow | null, reason: Reason): readonly Place[] {
  return row === null ? [] : [{ layer, row, reason, cut: null }];
}
