import { vendors } from '../../vendors/index.ts';
import { loadSdk } from '../../vendors/load-sdk.ts';
import { toFailure } from '../../vendors/errors/to-failure.ts';
import { failureOf } from './calling.ts';

const url = 'https://models.example.com/v1';
const issuesOf = (
  schema: { safeParse(value: unknown): { error?: { issues: { path: PropertyKey[] }[] } } },
  value: unknown,
) => schema.safeParse(value).error?.issues.map((issue) => issue.path.join('.')) ?? [];

describe('the settings of custom', () => {
  it.each([
    ['another protocol', { baseUrl: 'ftp://models.example.com' }, 'baseUrl'],
    ['no address', {}, 'baseUrl'],
    ['a password in the address', { baseUrl: 'https://u:p@models.example.com/v1' }, 'baseUrl'],
    ['a query in the address', { baseUrl: `${url}?key=1` }, 'baseUrl'],
    ['an unknown key', { baseUrl: url, apiKey: 'k' }, ''],
    ['an unknown format', { baseUrl: url, api: 'soap' }, 'api'],
    ...[
      'Host',
      'authorization',
      'Content-Length',
      'Metadata-Flavor',
      'X-aws-ec2-metadata-token',
      'Api-Key',
      'Proxy-Authorization',
      'a b',
    ].map((name): [string, object, string] => [
      `the header ${name}`,
      { baseUrl: url, headers: { [name]: 'v' } },
      `headers.${name}`,
    ]),
    ['a line break in a header', { baseUrl: url, headers: { 'x-a': 'v\r\nhost: evil' } }, 'headers.x-a'],
    ['a header named twice', { baseUrl: url, headers: { 'x-a': 'v', 'X-A': 'w' } }, 'headers'],
  ])('refuse %s', (_what, settings, path) => {
    expect(issuesOf(vendors.custom.settings, settings)).toEqual([path]);
  });

  it('take an address with path and headers', () => {
    expect(
      issuesOf(vendors.custom.settings, { baseUrl: url, api: 'responses', headers: { 'X-Team': 'a' } }),
    ).toEqual([]);
  });
});

describe('the credential of custom', () => {
  it.each([
    ['nothing', {}, 1],
    ['a key and an Authorization header', { apiKey: 'k', headers: { authorization: 'Basic x' } }, 1],
    ['the header Host', { headers: { host: 'h' } }, 1],
    ['a key with a line break', { apiKey: 'k\n' }, 1],
    ['an Authorization header alone', { headers: { Authorization: 'Basic x' } }, 0],
    ['a key', { apiKey: 'any shape of key: no pattern' }, 0],
  ])('%s has %i faults', (_what, credential, faults) => {
    expect(issuesOf(vendors.custom.credential, credential)).toHaveLength(faults);
  });

  it('is bound to vendor, scheme, host, port and path, however they are spelled', () => {
    const audience = 'custom:https://models.example.com:443/v1';
    for (const baseUrl of [url, `${url}/`, 'https://MODELS.example.com:443/v1']) {
      expect(vendors.custom.audience({ baseUrl })).toBe(audience);
    }
    for (const baseUrl of [
      'http://models.example.com/v1',
      'https://models.example.com:8443/v1',
      'https://models.example.com/v2',
    ]) {
      expect(vendors.custom.audience({ baseUrl })).not.toBe(audience);
    }
  });
});

it('a missing package is named with its install line', async () => {
  const absent: string = 'no-such-package-of-a-vendor';
  const failure = await failureOf(loadSdk('some-sdk', () => import(absent)));
  expect(failure.type).toBe('model.misconfigured');
  expect(failure.message).toContain('npm install some-sdk');
});

describe('what a transport throws', () => {
  const wrapped = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('planted'), { code }) });
  it.each([
    ['ENOTFOUND', 'model.unreachable', { sent: 'no' }],
    ['UND_ERR_CONNECT_TIMEOUT', 'model.unreachable', { sent: 'no' }],
    ['ECONNRESET', 'model.unreachable', { sent: 'maybe' }],
    ['CERT_HAS_EXPIRED', 'model.unreachable', { sent: 'no', retry: false }],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'model.unreachable', { sent: 'no', retry: false }],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'model.unreachable', { sent: 'no', retry: false }],
    ['HPE_INVALID_CONSTANT', 'model.invalid-answer', { sent: 'yes' }],
    ['never heard of', 'model.unknown', { sent: 'maybe' }],
  ])('%s is %s', (code, type, hints) => {
    const failure = toFailure(wrapped(code));
    expect([failure.type, failure.hints]).toEqual([type, hints]);
    expect(failure.message).not.toContain('planted');
    expect(failure.cause).toBeUndefined();
  });

  it.each([null, undefined, 'text', 7, {}])('%p, which is no error, is model.unknown', (thrown) => {
    expect(toFailure(thrown).type).toBe('model.unknown');
  });
});
