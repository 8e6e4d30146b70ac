import type { z } from '@hono/zod-openapi';
import { faultsIn } from '../registry/index.ts';
import { vendors, type AnyVendor } from '../vendors/index.ts';
import { Problem, problems } from './problem.ts';

/** The vendor of that name. Throws `invalid` at `/vendor` with the names there are. */
export function needVendor(name: string): AnyVendor {
  if (Object.hasOwn(vendors, name)) return vendors[name as keyof typeof vendors];
  const detail = `is none of ${Object.keys(vendors).join(', ')}`;
  throw new Problem('invalid', problems.invalid.title, { errors: [{ pointer: '/vendor', detail }] });
}

/** Checks what belongs to a vendor by the vendor's own schema. The value is never repeated: it may be a secret. */
export function checkByVendor(schema: z.ZodType, value: unknown, pointer: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = faultsIn(parsed.error)
    .slice(0, 20)
    .map(({ path, detail }) => ({
      pointer: `${pointer}${path.map((part) => `/${String(part)}`).join('')}`,
      detail,
    }));
  throw new Problem('invalid', problems.invalid.title, { errors });
}
