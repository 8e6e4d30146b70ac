import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import type { SandboxAccounts } from '../testing/index.ts';

/** Headers of one request, signed anew each time: what signing costs whoever writes it by hand. */
export type Sign = () => Readonly<Record<string, string>>;

interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm, version 1. */
export function signerOfOracle(
  { tenancyId, userId, fingerprint, privateKey }: SandboxAccounts['oracle'],
  { url, headers, body }: Request,
): Sign {
  const key = createPrivateKey(privateKey);
  const { host, pathname } = new URL(url);
  const names = 'x-date (request-target) host content-type content-length x-content-sha256';
  return () => {
    const date = new Date().toUTCString();
    const digest = createHash('sha256').update(body).digest('base64');
    const lines = [
      `x-date: ${date}`,
      `(request-target): post ${pathname}`,
      `host: ${host}`,
      `content-type: ${headers['content-type']}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-content-sha256: ${digest}`,
    ].join('\n');
    const signature = sign('sha256', Buffer.from(lines), key).toString('base64');
    const keyId = `${tenancyId}/${userId}/${fingerprint}`;
    return {
      'x-date': date,
      'x-content-sha256': digest,
      authorization: `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="${names}",signature="${signature}"`,
    };
  };
}

/** docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, of the headers that the adapter signs. */
export function signerOfAmazon(
  { secretAccessKey }: SandboxAccounts['aws'],
  { url, headers, body }: Request,
): Sign {
  const { host, pathname } = new URL(url);
  const [, credential = '', signed = ''] =
    /Credential=([^,]+), ?SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '') ?? [];
  const [, , region = '', service = ''] = credential.split('/');
  const path = pathname.split('/').map(encodeURIComponent).join('/');
  return () => {
    const at = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const day = at.slice(0, 8);
    const digest = sha256(body);
    const all: Readonly<Record<string, string>> = {
      ...headers,
      host,
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-date': at,
      'x-amz-content-sha256': digest,
    };
    const lines = signed.split(';').map((name) => `${name}:${all[name]}\n`);
    const canonical = ['POST', path, '', lines.join(''), signed, digest].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
    const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
      hmac,
      `AWS4${secretAccessKey}`,
    );
    const [keyId] = credential.split('/');
    return {
      'x-amz-date': at,
      'x-amz-content-sha256': digest,
      authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${signed}, Signature=${hmac(key, toSign).toString('hex')}`,
    };
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
