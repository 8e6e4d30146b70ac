import type { FailureType, Layer } from '../../contract/index.ts';

/** One row of the table of three layers. */
export interface LayersCase {
  readonly assigned: 'none' | 'ok' | 'failing' | 'disabled' | 'revoked' | 'platform';
  readonly byDefault: 'none' | 'ok' | 'failing';
  readonly platform: 'ok' | 'failing' | 'absent';
  readonly onFailure: 'platform' | 'cascade' | 'none';
  readonly classes: 'none' | 'all approved' | 'only the assigned approved' | 'none approved';
}

/** What must come of it: who was called, in order, and who answered or why nobody did. */
export interface LayersExpected {
  readonly called: readonly ('assigned' | 'default' | 'platform/ai')[];
  readonly answered: Layer | null;
  readonly failure: FailureType | null;
}

export const layersCases: readonly LayersCase[] = (
  ['none', 'ok', 'failing', 'disabled', 'revoked', 'platform'] as const
)
  .flatMap((assigned) =>
    (['none', 'ok', 'failing'] as const).flatMap((byDefault) =>
      (['ok', 'failing', 'absent'] as const).flatMap((platform) =>
        (['platform', 'cascade', 'none'] as const).flatMap((onFailure) =>
          (['none', 'all approved', 'only the assigned approved', 'none approved'] as const).map(
            (classes) => ({
              assigned,
              byDefault,
              platform,
              onFailure,
              classes,
            }),
          ),
        ),
      ),
    ),
  )
  .filter(({ assigned, platform }) => assigned !== 'platform' || platform !== 'absent');

interface Link {
  readonly layer: Layer;
  readonly model: LayersExpected['called'][number];
  readonly state: 'ok' | 'failing' | 'disabled' | 'revoked';
  readonly approved: boolean;
}

/**
 * A second reading of the announcement and the rules, written as a story and not as the product writes it: the first
 * configured layer is asked, a failure goes where `onFailure` says, data goes only where its class is approved.
 */
export function layersExpected(row: LayersCase): LayersExpected {
  const [first, ...others] = linksOf(row);
  const reachable = first === undefined ? [] : [first, ...reachableAfter(first, others, row)];
  const called: LayersExpected['called'][number][] = [];
  let forbidden = false;
  let failure: FailureType = 'policy.no-model';
  for (const link of reachable) {
    if (called.includes(link.model)) continue;
    if (!link.approved) {
      forbidden = true;
    } else if (link.state === 'revoked') {
      failure = 'model.misconfigured';
    } else if (link.state !== 'disabled') {
      called.push(link.model);
      if (link.state === 'ok') return { called, answered: link.layer, failure: null };
      failure = 'model.not-found';
    }
  }
  const closed = row.onFailure === 'none' ? others : [];
  if (closed.some(({ approved, model }) => !approved && !called.includes(model))) forbidden = true;
  return { called, answered: null, failure: forbidden ? 'policy.forbidden' : failure };
}

function reachableAfter(first: Link, others: readonly Link[], { onFailure }: LayersCase): readonly Link[] {
  if (onFailure === 'none') return [];
  return onFailure === 'cascade' || first.layer !== 'behavior'
    ? others
    : others.filter(({ layer }) => layer === 'platform');
}

function linksOf({ assigned, byDefault, platform, classes }: LayersCase): readonly Link[] {
  const all = classes === 'none' || classes === 'all approved';
  const byPlatform = platform === 'failing' ? 'failing' : 'ok';
  const own = classes === 'only the assigned approved';
  const platformApproved = all || (own && assigned === 'platform');
  const links: Link[] = [];
  if (assigned === 'platform')
    links.push({ layer: 'behavior', model: 'platform/ai', state: byPlatform, approved: platformApproved });
  else if (assigned !== 'none')
    links.push({ layer: 'behavior', model: 'assigned', state: assigned, approved: all || own });
  if (byDefault !== 'none')
    links.push({ layer: 'organization', model: 'default', state: byDefault, approved: all });
  if (platform !== 'absent')
    links.push({ layer: 'platform', model: 'platform/ai', state: byPlatform, approved: platformApproved });
  return links;
}

export function layersName(row: LayersCase): string {
  return `assigned ${row.assigned}, default ${row.byDefault}, platform ${row.platform}, onFailure ${row.onFailure}, classes ${row.classes}`;
}
