import { z } from '@hono/zod-openapi';
import type { ApiOptions } from './api-options.ts';
import { findFault, isText, textDetail } from './find-fault.ts';
import { Problem, problems } from './problem.ts';
import { readBody } from './read-body.ts';
import { pathParameters, type ParameterName, type Route } from './route.ts';

/** The body of a request, checked by the route's schema. Throws the problems that a body can be. */
export async function checkBody(
  route: Route,
  schema: z.ZodType,
  request: Request,
  options: ApiOptions,
): Promise<unknown> {
  const body = await readBody(request, options.bodyMaxBytes ?? 1024 * 1024);
  const fault = findFault(body, route.anyText === true);
  if (fault !== null) throw new Problem('invalid', problems.invalid.title, { errors: [fault] });
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid', problems.invalid.title, { errors: faultsOf(parsed.error, '') });
}

export interface CheckedInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly faults: readonly { readonly pointer: string; readonly detail: string }[] | null;
}

const noQuery = z.strictObject({});

/** A path that cannot name anything is a fault like any other, once it is clear who asks. */
export function readInput(
  route: Route,
  request: Request,
  pathValues: Readonly<Record<string, string>>,
): CheckedInput {
  const faults: { pointer: string; detail: string }[] = [];
  for (const [name, value] of Object.entries(pathValues)) {
    const parsed = pathParameters[name as ParameterName].safeParse(value);
    if (!isText(value)) faults.push({ pointer: `{${name}}`, detail: textDetail });
    else if (!parsed.success)
      faults.push({ pointer: `{${name}}`, detail: parsed.error.issues[0]?.message ?? 'does not fit' });
  }
  const { pathname, searchParams } = new URL(request.url);
  if (!isDecodable(pathname)) faults.push({ pointer: '', detail: 'the path is no UTF-8, percent-encoded' });
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name);
    if (values.length > 1) faults.push({ pointer: `?${name}`, detail: 'is given more than once' });
    else if (!values.every(isText)) faults.push({ pointer: `?${name}`, detail: textDetail });
  }
  const query = (route.query ?? noQuery).safeParse(Object.fromEntries(searchParams));
  if (!query.success) faults.push(...faultsOf(query.error, '?'));
  return { params: pathValues, query: query.data, faults: faults.length > 0 ? faults : null };
}

/** The router leaves what it cannot decode as it is, and two spellings of one id would be two ids. */
function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

/** Where and which rule, never the value. An unknown key is named, since it is the caller's own word for a place. */
function faultsOf(error: z.ZodError, root: string): readonly { pointer: string; detail: string }[] {
  return error.issues.slice(0, 20).map((issue) => {
    const path = issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
    const pointer = root === '?' ? `?${path.join('.')}` : path.map((part) => `/${part}`).join('');
    return {
      pointer,
      detail: issue.code === 'unrecognized_keys' ? 'has a key that is not known' : issue.message,
    };
  });
}
