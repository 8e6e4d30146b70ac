import { createRunKeys, parseRunKeys, signTicket, verifyRun, verifyTicket } from '../../client/index.ts';
import { workflowIdOf } from '../../contract/index.ts';
import { aRun } from '../support/memory-world.ts';

const secret = Buffer.alloc(32, 7);
const keys = createRunKeys([{ id: 'k1', secret, orgs: null }]);
const run = aRun();
const workflowId = workflowIdOf(run.org, run.behavior.id, run.event.id);
const ticket = signTicket(run, workflowId, keys);

const refusal = { type: 'run.unsigned' };

test('a ticket vouches for organization, pipe, Behavior, class and the whole run', () => {
  const claims = verifyTicket(ticket, workflowId, keys);
  expect(claims).toMatchObject({
    keyId: 'k1',
    org: 'acme',
    pipe: 'p',
    behavior: 'b',
    dataClass: null,
    workflowId,
  });
  expect(() => verifyRun(run, claims)).not.toThrow();
  const changed = { ...run, behavior: { ...run.behavior, instruction: 'Do something else.' } };
  expect(() => verifyRun(changed, claims)).toThrow(expect.objectContaining(refusal));
});

test('a ticket holds for its own workflow only', () => {
  expect(() => verifyTicket(ticket, 'byom:acme:b:other', keys)).toThrow(expect.objectContaining(refusal));
});

test('a ticket of another organization cannot be bent into one of ours', () => {
  const [version, body, mac] = ticket.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, org: 'victim' })).toString('base64url');
  expect(() => verifyTicket(`${version}.${forged}.${mac}`, workflowId, keys)).toThrow(
    expect.objectContaining(refusal),
  );
});

test.each([
  null,
  '',
  'v1',
  'v1..',
  'v2.e30.AAAA',
  'v1.e30.',
  'v1.!!!.AAAA',
  `${ticket}.x`,
  ticket.slice(0, -2),
])('what is no ticket is refused: %p', (bad) => {
  expect(() => verifyTicket(bad, workflowId, keys)).toThrow(expect.objectContaining(refusal));
});

test('a key that is limited to organizations neither signs nor vouches for another', () => {
  const limited = createRunKeys([{ id: 'k1', secret, orgs: ['other'] }]);
  expect(() => signTicket(run, workflowId, limited)).toThrow(expect.objectContaining(refusal));
  expect(() => verifyTicket(ticket, workflowId, limited)).toThrow(expect.objectContaining(refusal));
});

test('an older key of the ring still vouches while a new one signs', () => {
  const rotated = createRunKeys([
    { id: 'k2', secret: Buffer.alloc(32, 9), orgs: null },
    { id: 'k1', secret, orgs: null },
  ]);
  expect(verifyTicket(ticket, workflowId, rotated).keyId).toBe('k1');
  expect(verifyTicket(signTicket(run, workflowId, rotated), workflowId, rotated).keyId).toBe('k2');
});

test('a ring is read from text, and a bad one is refused by position without its secret', () => {
  const ring = parseRunKeys(
    `a:${secret.toString('base64url')}:acme|other, b:${secret.toString('base64url')}`,
  );
  expect(ring.keyFor('acme')?.id).toBe('a');
  expect(ring.keyFor('third')?.id).toBe('b');
  for (const bad of ['', 'a', 'a:c2hvcnQ', `a b:${secret.toString('base64url')}`]) {
    expect(() => parseRunKeys(bad)).toThrow(/Run key 1: .*byom keys generate/);
    expect(() => parseRunKeys(bad)).not.toThrow(/c2hvcnQ/);
  }
});
