/** All strings of a value of JSON, in the order in which they stand. */
export function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** Whether a text is nothing but some of these parts, in their order: then nobody has made any of it up. */
export function isMadeOf(text: string, parts: readonly string[]): boolean {
  let ends = new Set([0]);
  for (const part of parts) {
    if (part === '') continue;
    const further = [...ends].filter((end) => text.startsWith(part, end)).map((end) => end + part.length);
    ends = new Set([...ends, ...further]);
  }
  return ends.has(text.length);
}
