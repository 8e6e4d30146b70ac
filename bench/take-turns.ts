/**
 * Lets the arms of a comparison take turns, in the other order every second time: what warms up or wears out meanwhile
 * is shared by both. Answers what each arm returned, turn by turn.
 */
export async function takeTurns<Arm extends string, T>(
  turns: number,
  arms: Readonly<Record<Arm, () => Promise<T>>>,
): Promise<Record<Arm, T[]>> {
  const names = Object.keys(arms) as Arm[];
  const taken = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Arm, T[]>;
  for (let turn = 0; turn < turns; turn += 1) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) taken[name].push(await arms[name]());
  }
  return taken;
}

/** How long it took, milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Keeps `width` of them under way until `total` are done. */
export async function inParallel(total: number, width: number, work: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  async function lane(): Promise<void> {
    while (begun < total) {
      begun += 1;
      await work();
    }
  }
  await Promise.all(Array.from({ length: width }, lane));
}
