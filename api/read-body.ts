import { Problem } from './problem.ts';

/**
 * The JSON of a request's body, read no further than `maxBytes`. Throws `unsupported-media-type`, `too-large`, and
 * `bad-request` for what is no JSON in UTF-8.
 */
export async function readBody(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(merge-patch\+)?json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new Problem('unsupported-media-type', 'Send the body as application/json.');
  }
  const text = decode(await readBytes(request, maxBytes));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem('bad-request', 'The body is no JSON.');
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Problem('too-large', `A body may have ${maxBytes} bytes at most.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('bad-request', 'The body is not UTF-8.');
  }
}
