import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** What a token says beside the usual, and how it is signed. Undefined takes a claim out. */
export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with this key instead of the issuer's. */
  readonly key?: CryptoKey | Uint8Array;
}

/** An identity provider on this machine: it signs JWTs and publishes its keys over http. */
export interface JwtIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audience: string;
  /** How often its keys were asked for. */
  asked(): number;
  sign(sub: string, parts?: TokenParts): Promise<string>;
  /** The public key in PEM: what a forger would take for a secret. */
  publicPem(): Promise<string>;
  /** From here on it signs with a new key, and publishes that alone. */
  rotate(): Promise<void>;
  /** What it answers when its keys are asked for; `silent`: nothing, ever. */
  behave(as: 'well' | 'failing' | 'silent'): void;
  close(): Promise<void>;
}

const algorithm = 'ES256';

export async function startJwtIssuer(): Promise<JwtIssuer> {
  let asked = 0;
  let behaves: 'well' | 'failing' | 'silent' = 'well';
  let current = await makeKey(1);
  const server = createServer((_request, response) => {
    asked += 1;
    if (behaves === 'silent') return;
    response.writeHead(behaves === 'well' ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [current.published] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = 'https://login.example/tenant';
  const audience = 'https://byom.example';
  return {
    issuer,
    audience,
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    asked: () => asked,
    sign: (sub, { claims = {}, header = {}, key } = {}) => {
      const nowSeconds = Math.floor(Date.now() / 1000);
      const usual = { iss: issuer, aud: audience, sub, iat: nowSeconds, exp: nowSeconds + 300 };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: algorithm, kid: current.kid, typ: 'at+jwt', ...header })
        .sign(key ?? current.privateKey);
    },
    publicPem: () => exportSPKI(current.publicKey),
    rotate: async () => {
      current = await makeKey(current.number + 1);
    },
    behave: (as) => {
      behaves = as;
    },
    close: () => close(server),
  };
}

interface Key {
  readonly number: number;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly published: JWK;
}

async function makeKey(number: number): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const kid = `key-${number}`;
  const published = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { number, kid, privateKey, publicKey, published };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
