import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { vendors } from '../../vendors/index.ts';
import { ociHost } from '../../vendors/oci-host.ts';
import { openOciKey } from '../../vendors/tokens/oci-key.ts';
import { pemRounds } from '../../vendors/tokens/pem-rounds.ts';
import { ociCredential as good, ociKey } from './dialects/oracle-oci.ts';

const vendor = vendors['oracle-oci'];
const settings = { region: 'us-chicago-1', compartmentId: 'ocid1.compartment.oc1..aaaa' };

const faultsOf = (
  schema: {
    safeParse(value: unknown): { error?: { issues: { path: PropertyKey[]; message: string }[] } };
  },
  value: unknown,
) => schema.safeParse(value).error?.issues.map(({ path, message }) => [path.join('.'), message]) ?? [];

const sealed = (key: KeyObject, type: 'pkcs1' | 'pkcs8') =>
  key.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }).toString();
const plain = (type: 'pkcs1' | 'pkcs8') => ociKey.privateKey.export({ type, format: 'pem' }).toString();

describe('the settings of oracle-oci', () => {
  it.each([
    ['no region', { compartmentId: 'a' }, 'region'],
    ['a region with a dot', { ...settings, region: 'us-chicago-1.evil.com' }, 'region'],
    ['a region with a slash', { ...settings, region: 'evil.com/' }, 'region'],
    ['no compartment', { region: 'us-chicago-1' }, 'compartmentId'],
    ['a compartment with a line break', { ...settings, compartmentId: 'a\r\nx: y' }, 'compartmentId'],
    ['a project that is no OCID', { ...settings, projectId: 'my project' }, 'projectId'],
    ['an endpoint with the version in it', { ...settings, endpoint: 'https://a.b/20231130' }, 'endpoint'],
    ['an endpoint with OpenAI in it', { ...settings, endpoint: 'https://a.b/openai/v1/' }, 'endpoint'],
    ['an unknown format', { ...settings, api: 'responses' }, 'api'],
    ['an unknown key', { ...settings, apiKey: 'k' }, ''],
  ])('refuse %s', (_what, given, path) => {
    expect(faultsOf(vendor.settings, given).map(([where]) => where)).toEqual([path]);
  });

  it('name the host by the region, and bind the credential to its domain', () => {
    const { hosts, audience } = vendor;
    const wellKnown = { googleToken: 'https://a.b', entraAuthority: 'https://a.b', sts: null };
    expect(hosts(settings, wellKnown)).toEqual([
      'https://inference.generativeai.us-chicago-1.oci.oraclecloud.com',
    ]);
    expect(audience(settings)).toBe('oracle-oci:oraclecloud.com');
    expect(audience({ ...settings, region: 'eu-frankfurt-1' })).toBe(audience(settings));
    expect(audience({ ...settings, region: 'uk-gov-london-1' })).toBe('oracle-oci:oraclegovcloud.uk');
    const own = { ...settings, endpoint: 'https://oci.internal.example:8443/genai/' };
    expect(hosts(own, wellKnown)).toEqual(['https://oci.internal.example:8443']);
    expect(audience(own)).toBe('oracle-oci:https://oci.internal.example:8443/genai');
  });

  it("know the realm of each region that Oracle's own table has", async () => {
    const { Region } = await import('oci-common');
    const theirs = Region.values();
    expect(theirs.length).toBeGreaterThan(60);
    for (const { regionId, realm } of theirs) {
      const host = `https://inference.generativeai.${regionId}.oci.${realm.secondLevelDomain}`;
      expect(ociHost(regionId)).toBe(host);
    }
  });
});

describe('the credential of oracle-oci', () => {
  const { privateKey, ...withoutKey } = good;
  const strange = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each([
    ['privateKey', 'that is no PEM', { ...good, privateKey: 'abc' }],
    [
      'privateKey',
      'whose line breaks were lost',
      { ...good, privateKey: privateKey.replaceAll('\n', '\\n') },
    ],
    ['privateKey', 'that is damaged', { ...good, privateKey: privateKey.replace(/[A-Z]{2}/g, 'AA') }],
    [
      'privateKey',
      'of another kind',
      { ...good, privateKey: strange.export({ type: 'pkcs8', format: 'pem' }).toString() },
    ],
    [
      'privateKey',
      'that is too short',
      {
        ...good,
        privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 })
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString(),
      },
    ],
    ['passphrase', 'that is missing', { ...good, privateKey: sealed(ociKey.privateKey, 'pkcs8') }],
    ['passphrase', 'that is missing', { ...good, privateKey: sealed(ociKey.privateKey, 'pkcs1') }],
    [
      'passphrase',
      'that is wrong',
      { ...good, privateKey: sealed(ociKey.privateKey, 'pkcs8'), passphrase: 'x' },
    ],
    ['fingerprint', 'of another key', { ...good, fingerprint: good.fingerprint.replace(/^../, 'zz') }],
    [
      'fingerprint',
      'of another key',
      { ...good, fingerprint: createHash('md5').digest('hex').match(/../g)!.join(':') },
    ],
    ['tenancyId', 'that would end the header', { ...good, tenancyId: 'a",b="' }],
  ])('refuses a %s %s, by name', (field, _what, credential) => {
    const [[where, message] = []] = faultsOf(vendor.credential, credential);
    expect(where).toBe(field);
    expect(message).toMatch(/^(must|is|does) /);
    expect(message).not.toContain(privateKey.slice(100, 120));
  });

  it('says what it may hold where something is missing', () => {
    const said = [['', expect.stringContaining('must hold tenancyId, userId, fingerprint and privateKey')]];
    expect(faultsOf(vendor.credential, withoutKey)).toEqual(said);
    expect(faultsOf(vendor.credential, {})).toEqual(said);
  });

  it('is never one that only a broker lends', () => {
    expect(faultsOf(vendor.credential, { securityToken: 'token', privateKey })).toHaveLength(1);
  });

  it.each([
    ['in PKCS #8', { privateKey: plain('pkcs8') }],
    ['in PKCS #1', { privateKey: plain('pkcs1') }],
    ['in PKCS #8, sealed', { privateKey: sealed(ociKey.privateKey, 'pkcs8'), passphrase: 'open sesame' }],
    ['in PKCS #1, sealed', { privateKey: sealed(ociKey.privateKey, 'pkcs1'), passphrase: 'open sesame' }],
    ['with CRLF', { privateKey: plain('pkcs8').replaceAll('\n', '\r\n') }],
    // Oracle recommends a label there: docs.oracle.com/iaas/Content/API/Concepts/apisigningkey.htm.
    ['with a label behind it', { privateKey: `${plain('pkcs8')}OCI_API_KEY\n` }],
  ])('takes a key %s, and opens it to the same', (_form, key) => {
    expect(faultsOf(vendor.credential, { ...good, ...key })).toEqual([]);
    const opened = openOciKey(key);
    expect(opened?.privateKey.export({ type: 'pkcs1', format: 'pem' })).toBe(plain('pkcs1'));
    expect(opened?.fingerprint).toBe(good.fingerprint);
  });

  it('may be an identity of one of three kinds', () => {
    for (const workload of ['instance_principal', 'resource_principal', 'oke_workload_identity']) {
      expect(faultsOf(vendor.credential, { workload })).toEqual([]);
      expect(vendor.isIdentity({ workload })).toBe(true);
    }
    expect(faultsOf(vendor.credential, { workload: true })).toHaveLength(1);
    expect(vendor.isIdentity(good)).toBe(false);
  });
});

describe('a key that takes long to open', () => {
  const pem = sealed(ociKey.privateKey, 'pkcs8');
  const base64 = pem.split('\n').slice(1, -2).join('\n');

  /** The same key with other parameters: it opens to nothing, but only after as many rounds. */
  const withRounds = (rounds: number) => {
    const der = Buffer.from(base64, 'base64');
    // INTEGER of two bytes, 2048: what OpenSSL puts there. Two more make all that it stands in longer.
    const at = der.indexOf(Buffer.from('02020800', 'hex'));
    der.writeUInt16BE(der.readUInt16BE(2) + 2, 2);
    for (const length of [5, 18, 20, 33]) der[length]! += 2;
    const number = Buffer.from('020400000000', 'hex');
    number.writeUInt32BE(rounds, 2);
    const changed = Buffer.concat([der.subarray(0, at), number, der.subarray(at + 4)]);
    return changed.toString('base64').replaceAll(/.{64}/g, '$&\n');
  };

  it('is known by its rounds', () => {
    expect(pemRounds(base64)).toBe(2_048);
    expect(pemRounds(withRounds(2_000_000_000))).toBe(2_000_000_000);
  });

  it.each([
    ['sealed in another way', Buffer.from(base64, 'base64').fill(0, 6, 20).toString('base64')],
    ['cut', base64.slice(0, 40)],
    ['no base64', `${base64.slice(0, 8)}-${base64.slice(8)}`],
    ['empty', ''],
  ])('is not opened where it is %s', (_how, text) => {
    expect(pemRounds(text)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not opened', () => {
    const privateKey = pem.replace(base64, withRounds(2_000_000_000));
    // Two billion rounds would outlast the test.
    expect(openOciKey({ privateKey, passphrase: 'open sesame' })).toBeNull();
    const second = `${plain('pkcs8').replace(/MII/, '-')}\n${privateKey}`;
    expect(openOciKey({ privateKey: second, passphrase: 'open sesame' })).toBeNull();
  });
});

it('keeps the 200 keys used last, and opens others again', () => {
  const first = { privateKey: plain('pkcs8') };
  const key = openOciKey(first);
  expect(openOciKey(first)).toBe(key);
  // Another text around the same key is another entry.
  for (let label = 0; label < 200; label += 1) openOciKey({ privateKey: `${plain('pkcs1')}${label}\n` });
  expect(openOciKey(first)).not.toBe(key);
  expect(openOciKey(first)?.fingerprint).toBe(key?.fingerprint);
});
