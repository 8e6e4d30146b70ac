import { inspect } from 'node:util';
import { generateKeys, parseOpenKeys, parseSealKeys } from '../../registry/index.ts';
import { openAnswer, sealAnswer } from '../../registry/secrets/answer-box.ts';
import {
  fingerprint,
  hasFingerprint,
  openCredential,
  sealCredential,
} from '../../registry/secrets/credential-box.ts';

const { openRing, sealRing } = generateKeys('k1');
const [opens, seals] = [parseOpenKeys(openRing), parseSealKeys(sealRing)];
const place = { org: 'acme', providerId: 'p', generation: 1, audience: 'custom https://a.example' };
const credential = { apiKey: 'a secret' };

test('what is sealed with the public ring opens with the private one, at its own place', () => {
  const box = sealCredential(credential, place, seals);
  expect(box.keyId).toBe('k1');
  expect(openCredential(box, place, opens)).toEqual(credential);
});

test.each([
  ['another organization', { org: 'globex' }],
  ['another provider', { providerId: 'q' }],
  ['another generation', { generation: 2 }],
  ['another address', { audience: 'custom https://b.example' }],
])('a credential does not open for %s', (_what, over) => {
  const box = sealCredential(credential, place, seals);
  expect(() => openCredential(box, { ...place, ...over }, opens)).toThrow(
    'The stored credential does not open with key k1 at its place. Set it again.',
  );
});

test('a changed byte is noticed, in the data and in the key', () => {
  const flip = (bytes: Buffer) => bytes.map((byte, index) => (index === bytes.length - 20 ? byte ^ 1 : byte));
  const box = sealCredential(credential, place, seals);
  for (const changed of [
    { ...box, ciphertext: Buffer.from(flip(box.ciphertext)) },
    { ...box, wrappedKey: Buffer.from(flip(box.wrappedKey)) },
  ])
    expect(() => openCredential(changed, place, opens)).toThrow('does not open');
});

test('a ring without the key names it', () => {
  const box = sealCredential(credential, place, seals);
  const other = parseOpenKeys(generateKeys('k2').openRing);
  expect(() => openCredential(box, place, other)).toThrow("This worker's key ring has no key k1. Add it.");
});

test('a ring seals with its first key and opens with all of them', () => {
  const second = generateKeys('k2');
  const box = sealCredential(credential, place, parseSealKeys(`${second.sealRing},${sealRing}`));
  expect(box.keyId).toBe('k2');
  expect(openCredential(box, place, parseOpenKeys(`${openRing}, ${second.openRing}`))).toEqual(credential);
});

test.each([
  ['', 'key 1 does not have the form id:base64url'],
  ['k1', 'key 1 does not have the form id:base64url'],
  ['k1:c2hvcnQ', 'key k1 does not have 32 bytes'],
  [`${openRing},${openRing}`, 'the key id k1 stands there twice'],
])('a bad ring is refused in one line that holds no key: %#', (ring, what) => {
  expect(() => parseOpenKeys(ring)).toThrow(
    `BYOM_CREDENTIAL_KEYS: ${what}. \`byom keys generate\` makes a key ring.`,
  );
});

test('a ring never prints its keys', () => {
  const [, secret = ''] = openRing.split(':');
  for (const shown of [inspect(opens, { depth: 9 }), JSON.stringify(opens), String(opens)])
    expect(shown).not.toContain(secret);
  expect(inspect(opens)).toBe('OpenKeys { k1 }');
});

test('a fingerprint knows its credential, whatever the order of keys, and differs from place to place', () => {
  const stored = fingerprint({ a: '1', b: '2' });
  expect(hasFingerprint({ b: '2', a: '1' }, stored)).toBe(true);
  expect(hasFingerprint({ a: '1', b: '3' }, stored)).toBe(false);
  expect(fingerprint({ a: '1', b: '2' })).not.toEqual(stored);
});

test('an answer opens for its own call, organization and day alone', () => {
  const reply = { text: 'hello', finish: 'stop', usage: null } as const;
  const call = { org: 'acme', runId: 'r', call: 1 };
  const sealed = sealAnswer(reply, call, opens, new Date('2026-11-24T23:59:59Z'));
  if (sealed === null) throw new Error('It was not sealed.');
  expect(sealed.day).toBe('2026-11-24');
  expect(openAnswer(sealed, call, opens)).toEqual(reply);
  for (const wrong of [
    { ...call, org: 'globex' },
    { ...call, call: 2 },
    { ...call, runId: 's' },
  ])
    expect(() => openAnswer(sealed, wrong, opens)).toThrow('does not open');
  expect(() => openAnswer({ ...sealed, day: '2026-11-25' }, call, opens)).toThrow('does not open');
});

test('an answer that is too large for the ledger is not kept', () => {
  const reply = { text: 'x'.repeat(1_048_576), finish: 'stop', usage: null } as const;
  expect(sealAnswer(reply, { org: 'acme', runId: 'r', call: 1 }, opens, new Date())).toBeNull();
});
