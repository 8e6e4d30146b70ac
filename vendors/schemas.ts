import { z } from 'zod';

/** A key or token, any vendor's: what fits into a header. A pasted line break is a common mistake and worth its own words. */
export const secret = z
  .string()
  .min(1)
  .max(16_384)
  .regex(
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    'must be printable ASCII, without line breaks or spaces around it',
  );

/** The address of an API, without a trailing slash. What does not belong into it would be lost or would leak. */
export const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2_048)
  .refine((text) => {
    if (!URL.canParse(text)) return true; // Said already, and looked at all the same.
    const { username, password, search, hash } = new URL(text);
    return [username, password, search, hash].every((part) => part === '');
  }, 'must have no user name, password, query or fragment');

/** What is ours or the transport's to say, and what opens the doors of metadata services. */
const neverSet =
  /^(host|content-(length|type|encoding)|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|metadata|metadata-flavor|proxy-.*|x-aws-.*|x-google-metadata.*)$/i;
/** Headers that carry secrets: they belong to the credential, which is kept sealed. */
const secretNames = /^(authorization|cookie|api-key|x-api-key|x-goog-api-key|ocp-apim-subscription-key)$/i;

const headerName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'is no header name')
  .refine((name) => !neverSet.test(name), 'is a header that cannot be set');

const headersOf = (name: typeof headerName) =>
  z
    .record(name, secret)
    .refine((headers) => Object.keys(headers).length <= 32, 'must be 32 headers at most')
    .refine((headers) => {
      const names = Object.keys(headers).map((one) => one.toLowerCase());
      return new Set(names).size === names.length;
    }, 'must name each header once');

/** Headers that everybody with a right to read the provider may see. */
export const openHeaders = headersOf(
  headerName.refine((name) => !secretNames.test(name), 'is a secret: set it in the credential'),
);

export const secretHeaders = headersOf(headerName);
