import type { FindLeaks } from './find-leaks.ts';

/** Something that was written down, and what that place is called. */
export interface Haystack {
  readonly place: string;
  readonly data: Uint8Array | string;
}

/** Where something planted was found, a line each and in order: `byom.runs.draft has answer`. */
export function findPlaces(haystacks: readonly Haystack[], findLeaks: FindLeaks): readonly string[] {
  const lines = haystacks.flatMap(({ place, data }) =>
    findLeaks(data).map(({ planted }) => `${place} has ${kindOf(planted)}`),
  );
  return [...new Set(lines)].toSorted();
}

/** `prompt` of `prompt: instruction`; of secrets it matters which one it is. */
function kindOf(planted: string): string {
  return /^(prompt|answer)/.exec(planted)?.[0] ?? planted;
}
