import { Failure } from '../contract/index.ts';

/** Keeps one organization from taking all the calls of a worker. */
export interface OrganizationSlots {
  /** Throws `worker.busy` when the organization's share is taken: no call was made, nobody is to blame. */
  within<T>(org: string, work: () => Promise<T>): Promise<T>;
}

export function createOrganizationSlots(share: number): OrganizationSlots {
  const taken = new Map<string, number>();
  return {
    async within(org, work) {
      const before = taken.get(org) ?? 0;
      if (before >= share)
        throw new Failure('worker.busy', "The organization's share of this worker is taken.");
      taken.set(org, before + 1);
      try {
        return await work();
      } finally {
        const left = (taken.get(org) ?? 1) - 1;
        if (left === 0) taken.delete(org);
        else taken.set(org, left);
      }
    },
  };
}
