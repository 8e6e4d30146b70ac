import { randomUUID } from 'node:crypto';
import {
  pruneAudit,
  readAuditHead,
  verifyAudit,
  type AuditFault,
  type AuditHead,
  type VerifiedAudit,
} from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase, checkVersion, userOf, type DatabaseSetting } from '../reach-database.ts';
import { UserError } from '../user-error.ts';

/** As typed. */
export interface VerifyOptions {
  readonly org?: string;
  readonly head?: string;
  readonly json?: boolean;
}

export interface HeadOptions {
  readonly org: string;
  readonly json?: boolean;
}

export interface PruneOptions {
  readonly org: string;
  readonly before: string;
  readonly json?: boolean;
}

/** Exit code 1 when a chain is not as it was written; each of them is still looked at. */
export async function verifyCommand({ org, head, json }: VerifyOptions, config: Config): Promise<void> {
  const exported = head === undefined ? null : readHead(head);
  if (exported !== null && org === undefined)
    throw new UserError('--head: is the head of one organization: add `--org`.');
  const database = await reach(config);
  for await (const verified of verifyAudit(database.url, { org: org ?? null, exported })) {
    process.stdout.write(json === true ? `${JSON.stringify(verified)}\n` : `${lineOf(verified)}\n`);
    if (verified.fault !== null) process.exitCode = 1;
  }
}

/** `<seq>:<hash>`, as `--head` takes it. */
export async function headCommand({ org, json }: HeadOptions, config: Config): Promise<void> {
  const database = await reach(config);
  const head = await readAuditHead(database.url, org);
  process.stdout.write(json === true ? `${JSON.stringify({ org, ...head })}\n` : `${textOf(head)}\n`);
}

export async function pruneCommand(options: PruneOptions, config: Config): Promise<void> {
  const { org, json } = options;
  const before = readMoment(options.before);
  const database = await reach(config);
  // Says that there is no such organization, of which nothing would be dropped without a word.
  await readAuditHead(database.url, org);
  const actor = `database:${userOf(database)}`;
  const pruned = await pruneAudit(database.url, { org, before, actor, requestId: randomUUID() });
  const { events, seq } = pruned;
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ org, ...pruned })}\n`
      : `${org}: ${events === 0 ? 'nothing is that old' : `${events} events dropped, up to ${seq}`}.\n`,
  );
}

/** Whoever maintains sees every organization and owns nothing; the owner will do where no such role may log in. */
async function reach(config: Config): Promise<DatabaseSetting> {
  const database = config.maintenance();
  await (database.role === null ? checkVersion(database) : checkDatabase(database));
  return database;
}

function lineOf({ org, events, head, fault }: VerifiedAudit): string {
  if (fault !== null) return `${org}: ${wordsOf(fault)}.`;
  return `${org}: ${events} events as they were written; the head is ${textOf(head)}.`;
}

function wordsOf({ seq, what }: AuditFault): string {
  switch (what) {
    case 'edited':
      return `event ${seq} was edited`;
    case 'moved':
      return `event ${seq} does not follow on the one before it; one of the two is not what was written`;
    case 'deleted':
      return `event ${seq} is missing`;
    case 'cut-off':
      return `event ${seq} and all after it are missing`;
    case 'dropped':
      return `the events up to ${seq} were dropped, and not by \`byom audit prune\``;
    case 'unknown-to-head':
      return `event ${seq} is not the one that the head of the chain knows`;
    case 'not-as-exported':
      return `event ${seq} is not the one that was exported`;
    case 'pruned':
      return `event ${seq} was dropped for its age; compare with a head that was exported later`;
  }
}

function textOf({ seq, hash }: AuditHead): string {
  return `${seq}:${hash}`;
}

function readHead(text: string): AuditHead {
  const [, seq, hash] = /^(0|[1-9]\d{0,17}):((?:[0-9a-f]{64})?)$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UserError('--head: <seq>:<hash>, as `byom audit head` prints it.');
  return { seq, hash };
}

function readMoment(text: string): Date {
  const moment = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : new Date(Number.NaN);
  if (Number.isNaN(moment.getTime()))
    throw new UserError('--before: a date such as 2026-01-31, or with a time such as 2026-01-31T12:00:00Z.');
  if (moment.getTime() > Date.now()) throw new UserError('--before: lies ahead; only what is past can go.');
  return moment;
}
