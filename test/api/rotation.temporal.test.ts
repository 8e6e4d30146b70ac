import { createHash } from 'node:crypto';
import { createApi, makeToken, type Api } from '../../api/index.ts';
import { outcome, startBehavior } from '../../client/index.ts';
import { parseSealKeys } from '../../registry/index.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization, type Served } from '../support/served.ts';

let served: Served;
let api: Api;
let token: string;
beforeAll(async () => {
  served = await serve();
  const text = registryOf({ acme: usualOrganization }).replace(
    "acme-own/v1' } }",
    "acme-own/v1' }, credential: { apiKey: '${env:KEY}' } }",
  );
  await served.apply(text);
  api = createApi({ databaseUrl: served.urls.api, sealKeys: parseSealKeys(served.rings.seal) });
  const made = makeToken();
  token = made.token;
  await ask(
    served.urls.superuser,
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, expires_at, created_by)
     values ('acme', $1, $2, 'test', 'org-admin', now() + interval '1 hour', 'test')`,
    [made.id, made.hash],
  );
});
afterAll(async () => {
  await api.close();
  await served.close();
});

async function rotate(apiKey: string, query = ''): Promise<number> {
  const response = await api.fetch(
    new Request(`http://api.test/v1/orgs/acme/providers/p-own/credential${query}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify({ apiKey }),
    }),
  );
  return response.status;
}

const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const start = async (): Promise<string> => {
  const { client, runKeys: keys, taskQueue } = served;
  return (await startBehavior(client, textRun('acme'), { keys, taskQueue })).workflowId;
};

test('keys are rotated under load: no run fails, none is answered by another model, every call has a key of its time', async () => {
  const keys = Array.from({ length: 5 }, (_, index) => `sk-rotated-key-number-${index}-of-acme`);
  const runs: Promise<string>[] = [];
  for (const key of keys) {
    for (let run = 0; run < 12; run += 1) runs.push(start());
    expect(await rotate(key)).toBe(200);
  }
  const outcomes = await Promise.all((await Promise.all(runs)).map((id) => outcome(served.client, id)));
  expect(outcomes.map(({ status, answeredBy }) => `${status} ${answeredBy?.model}`)).toEqual(
    outcomes.map(() => 'completed own'),
  );
  const known = new Set(['test-key', ...keys].map(digestOf));
  expect(
    served.vendors.callsTo('acme-own').every(({ authorization }) => known.has(authorization ?? '')),
  ).toBe(true);
  const states = await ask<{ state: string; rows: string }>(
    served.urls.superuser,
    `select state, count(*)::text as rows from byom.credentials where org_id = 'acme' group by state order by state`,
  );
  expect(states).toEqual([
    { state: 'active', rows: '1' },
    { state: 'retiring', rows: '1' },
    { state: 'revoked', rows: '4' },
  ]);
});

test('a compromised key is used by nobody once its successor is stored, and is gone from the database', async () => {
  expect(await rotate('sk-the-one-after-the-leak-1234', '?compromised=true')).toBe(200);
  const before = served.vendors.callsTo('acme-own').length;
  const ids = await Promise.all(Array.from({ length: 10 }, start));
  await Promise.all(ids.map((id) => outcome(served.client, id)));
  const later = served.vendors.callsTo('acme-own').slice(before);
  expect(new Set(later.map(({ authorization }) => authorization))).toEqual(
    new Set([digestOf('sk-the-one-after-the-leak-1234')]),
  );
  const kept = await ask<{ rows: string }>(
    served.urls.superuser,
    "select count(*)::text as rows from byom.credentials where org_id = 'acme' and ciphertext is not null",
  );
  expect(kept).toEqual([{ rows: '1' }]);
});

test('a key that is taken away stops calls at once, and the run goes on without it', async () => {
  const response = await api.fetch(
    new Request('http://api.test/v1/orgs/acme/providers/p-own/credential', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'if-match': '*' },
    }),
  );
  expect(response.status).toBe(204);
  const before = served.vendors.callsTo('acme-own').length;
  const ended = await outcome(served.client, await start());
  expect(ended.answeredBy?.layer).toBe('platform');
  expect(ended.skipped.some(({ reason }) => reason === 'credential-revoked')).toBe(true);
  expect(served.vendors.callsTo('acme-own')).toHaveLength(before);
});
