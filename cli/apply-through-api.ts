import type { ApiClient } from '../api/index.ts';
import type { Applied, OrganizationEntry, ProviderEntry, RegistryFile } from '../registry/index.ts';
import { apiLineOf, isApiError } from './api-refusal.ts';
import { UserError } from './user-error.ts';
import { findOne, writeOver, type Outcome } from './write-over.ts';

interface Applying {
  readonly api: ApiClient;
  readonly org: string;
  readonly dryRun: boolean;
  /** What this run would make and, being dry, has not made: the API cannot be asked about what builds on it. */
  readonly pending: Set<string>;
}

/**
 * The same file through the API, with the same counts. Each write names the state that it goes over, so somebody else's
 * change at the same time stops it (`stale`); unlike straight to the database, what was written before stays then.
 */
export async function applyThroughApi(
  api: ApiClient,
  file: RegistryFile,
  dryRun: boolean,
): Promise<readonly Applied[]> {
  // Others may choose the platform's models by name, so those are there first.
  const ordered = file.organizations.toSorted(
    (a, b) => Number(b.org === 'platform') - Number(a.org === 'platform'),
  );
  const pending = new Set<string>();
  const applied: Applied[] = [];
  for (const entry of ordered) {
    const outcomes = await applyEntry(entry, { api, org: entry.org, dryRun, pending });
    const count = (what: Outcome) => outcomes.filter((one) => one === what).length;
    const { org } = entry;
    applied.push({
      org,
      created: count('created'),
      changed: count('changed'),
      unchanged: count('unchanged'),
    });
  }
  return applied;
}

async function applyEntry(entry: OrganizationEntry, applying: Applying): Promise<readonly Outcome[]> {
  const { api, org, dryRun } = applying;
  const outcomes: Outcome[] = [...(await applyOrganization(entry, applying))];
  for (const provider of entry.providers)
    outcomes.push(...(await placed(provider.place, () => applyProvider(provider, applying))));
  for (const { slug, place, ...values } of entry.models)
    outcomes.push(
      await step(applying, place, [slug, values.provider], {
        get: () => api.models.get(org, slug),
        put: (ifMatch) => api.models.put(org, slug, values, { ifMatch, dryRun }),
      }),
    );
  if (entry.default !== null) {
    const { model, place } = entry.default;
    outcomes.push(
      await step(applying, place, ['', model], {
        get: () => api.defaultModel.get(org),
        put: (ifMatch) => api.defaultModel.put(org, model, { ifMatch, dryRun }),
      }),
    );
  }
  for (const { class: name, place, ...values } of entry.dataClasses)
    outcomes.push(
      await step(applying, place, ['', ...values.providers], {
        get: () => api.dataClasses.get(org, name),
        put: (ifMatch) => api.dataClasses.put(org, name, values, { ifMatch, dryRun }),
      }),
    );
  for (const { pipe, behavior, values, place } of entry.rules)
    outcomes.push(
      await step(applying, place, ['', ...(values.providers ?? [])], {
        get: () => api.rules.get(org, { pipe, behavior }),
        put: (ifMatch) => api.rules.put(org, { pipe, behavior }, values, { ifMatch, dryRun }),
      }),
    );
  for (const { model, place, ...where } of entry.assignments)
    outcomes.push(
      await step(applying, place, ['', model], {
        get: () => api.assignments.get(org, where),
        put: (ifMatch) => api.assignments.put(org, where, model, { ifMatch, dryRun }),
      }),
    );
  return outcomes;
}

type Write<T> = {
  readonly get: Parameters<typeof writeOver<T>>[0];
  readonly put: Parameters<typeof writeOver<T>>[1];
};

/** One write of an entry that is called `own` and builds on `others`. */
async function step<T>(
  { org, dryRun, pending }: Applying,
  place: string,
  [own, ...others]: readonly [string, ...string[]],
  { get, put }: Write<T>,
): Promise<Outcome> {
  return placed(place, async () => {
    const nameOf = (one: string) => (one.startsWith('platform/') ? one : `${org}/${one}`);
    const buildsOnPending = pending.has(org) || others.some((one) => pending.has(nameOf(one)));
    const outcome =
      dryRun && buildsOnPending
        ? pending.has(org) || (await findOne(get)) === null
          ? 'created'
          : 'changed'
        : (await writeOver(get, put)).outcome;
    if (dryRun && outcome === 'created' && own !== '') pending.add(nameOf(own));
    return outcome;
  });
}

/** The organization itself counts where it is new; its name and its policy are one entry, as everywhere. */
async function applyOrganization(entry: OrganizationEntry, applying: Applying): Promise<readonly Outcome[]> {
  const { api, org, dryRun, pending } = applying;
  const { name, policy, place } = entry;
  return placed(place, async () => {
    const found = await findOne(() => api.orgs.get(org));
    const isNamed = name !== null && name !== found?.body.name;
    if (found === null || isNamed) {
      const body = { name: name ?? org, engineQueues: found?.body.engineQueues ?? [] };
      await api.orgs.put(org, body, { ifMatch: found?.etag ?? undefined, dryRun });
    }
    const created: readonly Outcome[] = found === null ? ['created'] : [];
    if (found === null && dryRun) {
      pending.add(org);
      return [...created, Object.keys(policy).length > 0 ? 'changed' : 'unchanged'];
    }
    const patched =
      Object.keys(policy).length > 0 &&
      (
        await writeOver(
          () => api.policy.get(org),
          (ifMatch) => api.policy.patch(org, policy, { ifMatch, dryRun }),
        )
      ).outcome === 'changed';
    return [...created, patched || (isNamed && found !== null) ? 'changed' : 'unchanged'];
  });
}

/** A new address revokes the credential; one that the file brings along is sealed for the new one. */
async function applyProvider(entry: ProviderEntry, applying: Applying): Promise<readonly Outcome[]> {
  const { api, org, dryRun, pending } = applying;
  const { slug, place, credential, ...values } = entry;
  const before = pending.has(org) ? null : await findOne(() => api.providers.get(org, slug));
  const outcome = await step(applying, place, [slug], {
    get: () => api.providers.get(org, slug),
    put: (ifMatch) => api.providers.put(org, slug, values, { ifMatch, dryRun }),
  });
  if (credential === null) {
    if (before?.body.credential !== 'set' || dryRun) return [outcome];
    const { body } = await api.providers.get(org, slug);
    return body.credential === 'revoked' ? [outcome, 'changed'] : [outcome];
  }
  const sealed = await step(applying, place, ['', slug], {
    get: () => api.credentials.get(org, slug),
    put: (ifMatch) => api.credentials.put(org, slug, credential, { ifMatch, dryRun }),
  });
  return [outcome, sealed];
}

/** A refusal says where in the file, as it does straight to the database. */
async function placed<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfTheFile = isApiError(error) && [403, 404, 409, 412, 422].includes(error.status);
    throw isOfTheFile ? new UserError(`${place}: ${apiLineOf(error)}`) : error;
  }
}
