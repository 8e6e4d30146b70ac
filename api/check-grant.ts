import { z } from '@hono/zod-openapi';
import { mayGrant, type Principal } from './principal.ts';
import { roles, type Role } from './permissions.ts';
import { Problem, problems } from './problem.ts';
import { hostId } from './route.ts';

/** A role, and for a pipe-admin the pipes it is about: what a token and a binding have in common. */
export const grantShape = {
  role: z.enum(roles as [Role, ...Role[]]),
  pipes: z
    .array(hostId)
    .min(1)
    .max(1_000)
    .transform((pipes) => [...new Set(pipes)].toSorted())
    .optional()
    .openapi({ description: 'For a pipe-admin, and nobody else: the pipes it is about.' }),
};

interface WantedGrant {
  readonly role: Role;
  readonly pipes?: readonly string[] | undefined;
}

/**
 * Throws `forbidden` for a role that is not this principal's to give, and `invalid` for one that cannot be given like this.
 */
export function checkGrant(principal: Principal, org: string, { role, pipes }: WantedGrant): void {
  if (!mayGrant(principal, org, role))
    throw new Problem('forbidden', `You may not make anybody ${role} here: it is more than you are.`);
  if (role === 'platform-admin' && org !== 'platform')
    throw faulty('/role', 'platform-admin is granted under organization platform, and nowhere else');
  if (role === 'pipe-admin' && pipes === undefined)
    throw faulty('/pipes', 'a pipe-admin needs the pipes it is about');
  if (role !== 'pipe-admin' && pipes !== undefined)
    throw faulty('/pipes', `is for a pipe-admin; ${role} is one for the whole organization`);
}

/** Throws `forbidden` for whoever may not take away what was granted here. */
export function checkWithdrawal(principal: Principal, org: string): void {
  if (!mayGrant(principal, org, null))
    throw new Problem('forbidden', 'What is granted under platform is for a platform-admin to take away.');
}

export function faulty(pointer: string, detail: string): Problem {
  return new Problem('invalid', problems.invalid.title, { errors: [{ pointer, detail }] });
}
