import { readAssignment } from './assignments.ts';
import { listAssignments } from './list-assignments.ts';
import { readModel } from './models.ts';
import type { OrgQuery } from './read.ts';
import { readModelOptions, readResolution } from './resolution.ts';

const place = { pipe: '', behavior: '' };
const page = { after: [], limit: 0, model: null, pipe: null, pipes: null };

const queries: readonly OrgQuery[] = [
  readModel(''),
  readAssignment(place),
  readResolution(place),
  readModelOptions(place),
  listAssignments(page),
];

/**
 * Reads that are asked for all the time, by the function that each has in Postgres: a connection keeps the plan of a
 * function, while `byom.within` plans its query anew every time.
 */
export const hotReads: readonly (readonly [name: string, sql: string])[] = queries.flatMap(({ hot, sql }) =>
  hot === undefined ? [] : [[hot, sql] as const],
);
