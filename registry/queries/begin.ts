import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import type { Candidate, OutcomeDraft, Usage, VendorReply } from '../../contract/index.ts';
import { judgeCall } from '../policy/judge-call.ts';
import type { Judgement } from '../policy/judge-call.ts';
import type { BegunCall, CallToBegin } from '../registry.ts';
import { toCallLimits, toPlanRows, toSupports } from '../rows.ts';
import type { StoredModel, StoredRows } from '../rows.ts';
import { openAnswer } from '../secrets/answer-box.ts';
import type { SealedAnswer } from '../secrets/answer-box.ts';
import { openCredential } from '../secrets/credential-box.ts';
import type { OpenKeys } from '../secrets/key-ring.ts';
import { askPostgres } from './ask-postgres.ts';

/**
 * What `byom.begin` returns: what an earlier try left, or the rows that this call is judged on. Nothing was written for an
 * execution that is late, or for a credential that has retired.
 */
type Begun =
  | { readonly answered: StoredAnswer }
  | { readonly superseded: true }
  | { readonly retired: true }
  | BegunRow;

interface StoredAnswer {
  readonly call: number;
  readonly candidate: Candidate;
  readonly usage: Usage | null;
  readonly answer: KeptAnswer | null;
  /** The outcome that the answer has already ended the run with; its text is the answer. */
  readonly ended: OutcomeDraft | null;
}

type KeptAnswer = SealedAnswer & { readonly call: number };

interface BegunRow {
  readonly call: number;
  readonly rows: StoredRows;
  readonly credential: StoredCredential | null;
  /** Absent in the schema before this one. */
  readonly hasRetiring?: boolean;
  readonly refusedModes: readonly string[] | null;
  readonly repairOf: KeptAnswer | null;
  readonly hopMs: number;
}

interface StoredCredential {
  readonly generation: number;
  readonly keyId: string;
  readonly wrappedKey: string;
  readonly ciphertext: string;
}

export async function begin(database: Knex, keys: OpenKeys, call: CallToBegin): Promise<BegunCall> {
  const { order, tried, roundMs, dataClass, ...asked } = call;
  const question = { dataClass, tried, refused: [], roundMs, order };
  const wanted = call.candidate.model;
  const begun = await askPostgres<Begun>(database, 'begin', { ...asked, wanted, question });
  if ('superseded' in begun)
    throw new Failure('worker.lost', 'The run is over, or another execution has taken it over.');
  if ('retired' in begun) return { kind: 'retired' };
  if ('answered' in begun) return toAnswered(begun.answered, call, keys);

  const rows = toPlanRows(begun.rows);
  const judgement = judgeCall(rows, question, call.candidate);
  const stored = begun.rows.wanted;
  if (judgement.verdict !== 'permitted' || stored === null) {
    await askPostgres(database, 'settle', { ...asked, call: begun.call, result: { state: 'refused' } });
    return toRefusal(judgement, call.candidate);
  }
  return {
    kind: 'open',
    call: begun.call,
    vendor: stored.vendor,
    provider: {
      org: stored.modelOrg,
      provider: stored.provider,
      audience: stored.audience,
      externalId: stored.externalId,
    },
    upstreamId: stored.upstreamId,
    settings: stored.settings,
    openCredential: () => unseal(begun.credential, stored, keys),
    hasRetiring: begun.hasRetiring ?? false,
    supports: toSupports(stored, begun.refusedModes ?? []),
    limits: toCallLimits(stored),
    repairOf: begun.repairOf && openAnswer(begun.repairOf, { ...call, call: begun.repairOf.call }, keys),
    hopMs: begun.hopMs,
    counts: rows.counts,
    ceiling: judgement.ceiling,
    budget: rows.policy.budget,
  };
}

function toRefusal(judgement: Judgement, { layer, model }: Candidate): BegunCall {
  if (judgement.verdict === 'exhausted') return { kind: 'exhausted' };
  const gone = { layer, model, reason: 'model-disabled' } as const;
  return { kind: 'refused', refusal: judgement.verdict === 'refused' ? judgement.refusal : gone };
}

function toAnswered(
  { call, candidate, usage, answer, ended }: StoredAnswer,
  { org, runId }: CallToBegin,
  keys: OpenKeys,
): BegunCall {
  if (answer !== null)
    return {
      kind: 'answered',
      call,
      candidate,
      reply: openAnswer(answer, { org, runId, call }, keys),
      ended,
    };
  if (ended?.text === undefined)
    throw new Failure('worker.lost', 'An earlier try was answered, and its answer is no longer kept.');
  const reply: VendorReply = {
    text: ended.text,
    finish: ended.reason === 'truncated' ? 'length' : 'stop',
    usage,
  };
  return { kind: 'answered', call, candidate, reply, ended };
}

function unseal(stored: StoredCredential | null, model: StoredModel, keys: OpenKeys): unknown {
  if (stored === null) return null;
  const { modelOrg: org, providerId, audience } = model;
  const box = {
    keyId: stored.keyId,
    wrappedKey: Buffer.from(stored.wrappedKey, 'base64'),
    ciphertext: Buffer.from(stored.ciphertext, 'base64'),
  };
  // The provider's audience of this moment: a credential that was sealed for another address does not open.
  return openCredential(box, { org, providerId, generation: stored.generation, audience }, keys);
}
