import { z } from '@hono/zod-openapi';
import type { Changed } from '../registry/index.ts';
import type { Reply } from './route.ts';

/** A query parameter that is true or false. */
export function flag(description: string) {
  return z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .openapi({ description });
}

/** The query of every write. */
export const writeQuery = z.strictObject({
  dry_run: flag('True: says what it would do, and does nothing.'),
});

/** What a dry run answers: nothing was written. */
export const dryRunSchema = z
  .object({
    dryRun: z.literal(true),
    changed: z.boolean(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    warnings: z.array(z.string()).optional(),
  })
  .openapi('DryRun');

export type DryRun = z.output<typeof dryRunSchema>;

/** The answer of a write that can be tried dry; with `z.never()` one that for real has no body. */
export function orDryRun<Schema extends z.ZodType>(schema: Schema) {
  return schema instanceof z.ZodNever ? dryRunSchema : z.union([dryRunSchema, schema]);
}

/** The reply to a write: what `made` says, or for a dry run what it would have done. */
export function toReply(
  changed: Changed<unknown>,
  dryRun: boolean,
  made: () => Reply,
  warnings: readonly string[] = [],
): Reply {
  if (!dryRun) return made();
  const { before, after } = changed;
  return {
    body: {
      dryRun: true,
      changed: changed.changed,
      before,
      after,
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  };
}

/** The revision of the row that was written: a new one where something changed, else the one that it had. */
export function revisionOf(
  changed: Changed<{ readonly current: { readonly revision: string } | null }>,
): string {
  return changed.changed ? changed.revision : (changed.result.current?.revision ?? changed.revision);
}
