import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * What does not fit, place by place. Where one of several forms was expected, the faults of the form that was most likely
 * meant: the one with the fewest, so that somebody who left out a field is told which.
 */
export function faultsIn(
  error: z.ZodError,
): readonly { readonly path: readonly PropertyKey[]; readonly detail: string }[] {
  return error.issues
    .flatMap((issue) => flatten(issue, []))
    .map(({ path, issue }) => ({ path, detail: wordsFor(issue) }));
}

function flatten(
  issue: Issue,
  above: readonly PropertyKey[],
): readonly { readonly path: readonly PropertyKey[]; readonly issue: Issue }[] {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path, issue }];
  const [closest = []] = issue.errors.toSorted((one, other) => weightOf(one) - weightOf(other));
  return closest.flatMap((inner) => flatten(inner, path));
}

/** A key that a form does not know says that another form was meant. */
function weightOf(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 1),
    0,
  );
}

function wordsFor(issue: Issue): string {
  return issue.code === 'unrecognized_keys' ? 'has a key that this vendor does not know' : issue.message;
}
