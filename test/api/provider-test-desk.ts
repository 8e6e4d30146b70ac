import { createHash } from 'node:crypto';
import { createApi, makeToken, type Api, type Role } from '../../api/index.ts';
import { parseSealKeys } from '../../registry/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { Served } from '../support/served.ts';

interface Asking {
  readonly role?: Role;
  readonly body?: unknown;
  readonly through?: Api;
}

interface Said {
  readonly status: number;
  readonly text: string;
  // Tests look into answers of many shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

type Staged = { readonly stages: readonly { readonly stage: string; readonly status: string }[] };

/** The API over a served world, as the admins of acme ask it for tests of providers. */
export interface TestDesk {
  /** An API whose tests no worker takes up. */
  readonly lonely: Api;
  /** `path` is below the organization. */
  call(method: string, path: string, asking?: Asking): Promise<Said>;
  read(testId: string): Promise<Said>;
  /** The body of a test once it has ended. */
  ended(testId: string): Promise<Said['body']>;
  /** Tests a draft to its end. */
  testDraft(draft: object): Promise<Said['body']>;
  close(): Promise<void>;
}

export function openTestDesk(served: Served): TestDesk {
  const { client, runKeys, taskQueue, urls, rings } = served;
  const options = { databaseUrl: urls.api, sealKeys: parseSealKeys(rings.seal), client, runKeys };
  const api = createApi({ ...options, taskQueue });
  const lonely = createApi({ ...options, taskQueue: `${taskQueue}-nobody` });
  const tokens = new Map<Role, Promise<string>>();

  const call: TestDesk['call'] = async (method, path, { role = 'org-admin', body, through = api } = {}) => {
    const token = tokens.get(role) ?? insertToken(served, role);
    tokens.set(role, token);
    const response = await through.fetch(
      new Request(`http://api.test/v1/orgs/acme/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  };
  const read: TestDesk['read'] = (testId) => call('GET', `provider-tests/${testId}`);
  const ended: TestDesk['ended'] = async (testId) => {
    await eventually(async () => ['passed', 'failed'].includes((await read(testId)).body.status), 30_000);
    return (await read(testId)).body;
  };
  return {
    lonely,
    call,
    read,
    ended,
    async testDraft(draft) {
      const asked = await call('POST', 'provider-tests', { body: draft });
      expect([asked.status, asked.text]).toEqual([202, JSON.stringify({ testId: asked.body.testId })]);
      return ended(asked.body.testId as string);
    },
    close: async () => {
      await Promise.all([api.close(), lonely.close()]);
    },
  };
}

export function statusesOf({ stages }: Staged): Readonly<Record<string, string>> {
  return Object.fromEntries(stages.map(({ stage, status }) => [stage, status]));
}

export function failedOf({ stages }: Staged): object | undefined {
  return stages.find(({ status }) => status === 'failed');
}

/** Written past the API: how an administration begins is a test of its own. */
async function insertToken(served: Served, role: Role): Promise<string> {
  const { id, token } = makeToken();
  await ask(
    served.urls.superuser,
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, expires_at, created_by)
     values ('acme', $1, $2, 'test', $3, now() + interval '1 hour', 'test')`,
    [id, createHash('sha256').update(token).digest(), role],
  );
  return token;
}
