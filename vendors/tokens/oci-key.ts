import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { cacheKey, createLastUsed } from './last-used.ts';
import { pemRounds } from './pem-rounds.ts';

/** A private key that could be opened. */
export interface OciKey {
  readonly privateKey: KeyObject;
  /** MD5 of the public key in pairs of hexadecimal digits, as Oracle's console shows it. */
  readonly fingerprint: string;
}

interface SealedKey {
  readonly privateKey: string;
  readonly passphrase?: string | undefined;
}

const maxKeys = 200;
/** Some 0.1 s; OpenSSL seals with 2,048 where it is not told otherwise. */
const maxRounds = 100_000;
/** Oracle takes none below; what is above makes each signature slow. */
const bits = { least: 2_048, most: 8_192 };
const opened = createLastUsed<OciKey>(maxKeys);

/**
 * Opens an RSA key in PEM (PKCS #8 or #1, sealed or not); null where it is none or the passphrase does not fit. The 200 keys
 * used last are kept, because each call needs one and opening it takes longer than all else that we add to a call.
 */
export function openOciKey({ privateKey, passphrase }: SealedKey): OciKey | null {
  const at = cacheKey({ privateKey, passphrase }, '');
  const known = opened.get(at);
  if (known !== undefined) return known;
  const key = open(privateKey, passphrase);
  if (key !== null) opened.set(at, key);
  return key;
}

/** Whether a passphrase is needed: PKCS #8 says it in its first line, older forms in the second. */
export function isSealedPem(privateKey: string): boolean {
  return /^-----BEGIN ENCRYPTED |^Proc-Type:.*ENCRYPTED/m.test(privateKey);
}

function open(privateKey: string, passphrase: string | undefined): OciKey | null {
  // What stands around the key is no concern of OpenSSL's: it must see what was looked at here, and no second key.
  const [block, kind, base64] = /-----BEGIN (.*)-----\r?\n([\s\S]+?)-----END \1-----/.exec(privateKey) ?? [];
  if (block === undefined || base64 === undefined) return null;
  if (kind === 'ENCRYPTED PRIVATE KEY' && pemRounds(base64) > maxRounds) return null;
  try {
    const key = createPrivateKey({ key: block, ...(passphrase === undefined ? {} : { passphrase }) });
    const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType !== 'rsa') return null;
    if (modulusLength < bits.least || modulusLength > bits.most) return null;
    const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const pairs = createHash('md5').update(der).digest('hex').match(/../g) ?? [];
    return { privateKey: key, fingerprint: pairs.join(':') };
  } catch {
    return null;
  }
}
