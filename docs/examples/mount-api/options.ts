// What all three examples are bound to. The API reads no environment; whoever mounts it does.
import type { ApiOptions } from 'pipe-byom/api';
import { parseSealKeys } from 'pipe-byom/registry';

export const port = Number(process.env.PORT ?? 3000);

export const apiOptions: ApiOptions = {
  databaseUrl: need('BYOM_API_DATABASE_URL'),
  sealKeys: parseSealKeys(need('BYOM_CREDENTIAL_PUBLIC_KEYS')),
  // Who sends a request, by a session of yours; null passes it on to service tokens.
  authenticate: (request) =>
    request.headers.get('x-session') === 'of-the-admin-of-acme'
      ? { kind: 'host', id: 'ada', grants: [{ org: 'acme', role: 'org-admin', pipes: null }] }
      : null,
};

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}
