import { createHash, createPublicKey, generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** Credentials that the stand-ins of one start know, made for this start: only what is signed with them passes. */
export interface SandboxAccounts {
  readonly aws: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** As Google's console downloads it. */
  readonly google: {
    readonly type: 'service_account';
    readonly project_id: string;
    readonly private_key_id: string;
    readonly private_key: string;
    readonly client_email: string;
  };
  readonly oracle: {
    readonly tenancyId: string;
    readonly userId: string;
    readonly fingerprint: string;
    readonly privateKey: string;
  };
  readonly entra: { readonly tenantId: string; readonly clientId: string; readonly clientSecret: string };
}

/** The accounts, and what a stand-in needs to check and to issue. */
export interface KnownAccounts extends SandboxAccounts {
  readonly publicKey: KeyObject;
  /** A bearer token that `isIssued` knows for an hour. */
  issueToken(): string;
  isIssued(token: string): boolean;
  /** Keys of the Security Token Service, by access key id; those of the base account among them. */
  readonly awsSecrets: Map<
    string,
    { readonly secretAccessKey: string; readonly sessionToken: string | null }
  >;
}

export async function createAccounts(): Promise<KnownAccounts> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const publicKey = createPublicKey(privateKey);
  const id = (): string => randomBytes(8).toString('hex');
  const aws = {
    accessKeyId: `AKIA${id().toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  const issued = new Set<string>();
  return {
    aws,
    google: {
      type: 'service_account',
      project_id: 'sandbox-project',
      private_key_id: id(),
      private_key: privateKey,
      client_email: 'sandbox@sandbox-project.iam.gserviceaccount.com',
    },
    oracle: {
      tenancyId: `ocid1.tenancy.oc1..${id()}`,
      userId: `ocid1.user.oc1..${id()}`,
      fingerprint: fingerprintOf(publicKey),
      privateKey,
    },
    entra: {
      tenantId: randomUUID(),
      clientId: randomUUID(),
      clientSecret: id() + id(),
    },
    publicKey,
    issueToken() {
      const token = `sandbox-token.${randomBytes(24).toString('base64url')}`;
      issued.add(token);
      return token;
    },
    isIssued: (token) => issued.has(token),
    awsSecrets: new Map([[aws.accessKeyId, { secretAccessKey: aws.secretAccessKey, sessionToken: null }]]),
  };
}

/** MD5 of the public key's DER in pairs, as Oracle's console shows it. */
function fingerprintOf(key: KeyObject): string {
  const digest = createHash('md5')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return (digest.match(/../g) ?? []).join(':');
}
