import { Failure } from '../contract/index.ts';
import { anthropic } from './anthropic.ts';
import { custom } from './custom.ts';
import { openai } from './openai.ts';
import type { AnyVendor } from './vendor.ts';

export { createGuard } from './guard/create-guard.ts';
export type { Guard, GuardOptions, WellKnown } from './guard/guard.ts';
export type { AnyVendor, CallControl, Prompt } from './vendor.ts';

/** The vendors we can call, by the name under which providers are registered. A new one is a file and a line here. */
export const vendors = { openai, custom, anthropic } satisfies Record<string, AnyVendor>;

/** Throws `model.misconfigured` for a name that this version does not know: rows may be written by a newer one. */
export function vendorOf(name: string): AnyVendor {
  if (!Object.hasOwn(vendors, name)) {
    throw new Failure(
      'model.misconfigured',
      `This worker knows no vendor of that name, only ${Object.keys(vendors).join(', ')}.`,
      { sent: 'no' },
    );
  }
  return vendors[name as keyof typeof vendors];
}
