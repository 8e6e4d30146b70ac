import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../contract/index.ts';
import type { BehaviorRun, TicketClaims } from '../contract/index.ts';
import { canonicalJson, digestOf } from './canonical-json.ts';
import type { RunKey, RunKeys } from './run-keys.ts';

const version = 'v1';

/** Signs a run for the workflow that will carry it. Throws `run.unsigned` when no key may sign for its organization. */
export function signTicket(run: BehaviorRun, workflowId: string, keys: RunKeys): string {
  const key = keys.keyFor(run.org);
  if (key === null) throw new Failure('run.unsigned', 'No run key may sign for this organization.');
  const claims: TicketClaims = {
    keyId: key.id,
    org: run.org,
    pipe: run.pipe,
    behavior: run.behavior.id,
    dataClass: run.behavior.dataClass,
    workflowId,
    digest: digestOf(run),
  };
  const body = Buffer.from(canonicalJson(claims)).toString('base64url');
  return `${version}.${body}.${macOf(key, body).toString('base64url')}`;
}

/**
 * What a ticket vouches for, once its signature, its key's organizations and the workflow it was made for are checked.
 * Throws `run.unsigned` for anything else, without saying which part was wrong.
 */
export function verifyTicket(ticket: string | null, workflowId: string, keys: RunKeys): TicketClaims {
  const claims = ticket === null ? null : openTicket(ticket, keys);
  if (claims === null || claims.workflowId !== workflowId) throw unsigned();
  return claims;
}

/** Checks that this is the very run the ticket was signed for: the prompt included. Throws `run.unsigned`. */
export function verifyRun(run: BehaviorRun, claims: TicketClaims): void {
  if (digestOf(run) !== claims.digest) throw unsigned();
}

function openTicket(ticket: string, keys: RunKeys): TicketClaims | null {
  const [prefix, body = '', mac = '', ...rest] = ticket.split('.');
  const claims = prefix === version && rest.length === 0 ? readClaims(body) : null;
  const key = claims === null ? null : keys.key(claims.keyId);
  if (claims === null || key === null) return null;
  const given = Buffer.from(mac, 'base64url');
  const right = macOf(key, body);
  const genuine = given.length === right.length && timingSafeEqual(given, right);
  return genuine && (key.orgs === null || key.orgs.includes(claims.org)) ? claims : null;
}

function readClaims(body: string): TicketClaims | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    return isClaims(claims) ? claims : null;
  } catch {
    return null;
  }
}

function isClaims(value: unknown): value is TicketClaims {
  if (typeof value !== 'object' || value === null) return false;
  const { dataClass, ...texts } = value as Readonly<Record<string, unknown>>;
  const names = ['keyId', 'org', 'pipe', 'behavior', 'workflowId', 'digest'];
  return (
    names.every((name) => typeof texts[name] === 'string') &&
    (dataClass === null || typeof dataClass === 'string')
  );
}

function macOf(key: RunKey, body: string): Buffer {
  return createHmac('sha256', key.secret).update(`${version}.${body}`).digest();
}

function unsigned(): Failure {
  return new Failure(
    'run.unsigned',
    'Nobody vouches for this run: start it through startBehavior with a run key.',
  );
}
