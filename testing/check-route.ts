/** A provider's place below the origin: one segment of a path, as it stands in a URL, and none of our own. */
export function checkRoute(route: unknown): string {
  if (typeof route === 'string' && /^(?!__)\w[\w.-]*$/.test(route)) return route;
  throw new Error(
    `route: letters, digits, ".", "_" and "-", and no "__" at the beginning; ${JSON.stringify(route)} is none.`,
  );
}
