import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createApi, listen, makeToken } from '../api/index.ts';
import type { RunKeys } from '../client/index.ts';
import {
  makeServiceToken,
  openDatabase,
  parseSealKeys,
  putOrganization,
  revokeServiceToken,
} from '../registry/index.ts';
import type { RegistryFile } from '../registry/index.ts';

/** The management API on this machine, with a token that may do everything for as long as it runs. */
export interface SandboxApi {
  readonly url: string;
  readonly adminToken: string;
  close(): Promise<void>;
}

export interface SandboxApiParts {
  readonly databaseUrl: string;
  readonly sealRing: string;
  readonly client: Client;
  readonly runKeys: RunKeys;
  readonly taskQueue: string;
  /** What is registered already: engines may be started for these organizations under any queue. */
  readonly file: RegistryFile | null;
}

/** A stack that is killed leaves its token in a database of the user's; a week later it is worth nothing. */
const tokenHours = 7 * 24;

/** On loopback alone, and under that name alone, so that no web page in a browser on this machine reaches it. */
export async function serveApi(parts: SandboxApiParts): Promise<SandboxApi> {
  const { databaseUrl, sealRing, client, runKeys, taskQueue, file } = parts;
  const database = openDatabase(databaseUrl, { max: 1 });
  const changeOf = (org: string) => ({ org, actor: 'host:byom dev', requestId: randomUUID(), dryRun: false });
  try {
    for (const { org, name } of file?.organizations ?? [])
      if (org !== 'platform')
        await putOrganization(database, changeOf(org), { name: name ?? org, engineQueues: ['*'] }, '*');
    const { id, token, hash } = makeToken();
    const admin = { role: 'platform-admin', pipes: null, orgs: null, lifetimeHours: tokenHours };
    await makeServiceToken(database, changeOf('platform'), { id, hash, name: 'byom dev', ...admin }, null);
    const api = createApi({ databaseUrl, sealKeys: parseSealKeys(sealRing), client, runKeys, taskQueue });
    const listening = await listen(api, { host: '127.0.0.1', port: 0, ownNameOnly: true });
    return {
      url: listening.url,
      adminToken: token,
      async close() {
        await listening.close(2_000);
        await api.close();
        await revokeServiceToken(database, changeOf('platform'), id);
        await database.destroy();
      },
    };
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
