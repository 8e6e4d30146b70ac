import type { LedgerSums, OutcomeDraft } from '../contract/index.ts';
import { clampBudget } from './policy/budget.ts';
import type { CallCounts, ModelRow, PlanRows, PolicyRow } from './policy/rows.ts';
import type { CallLimits, ModelSupports, StructuredOutputMode } from './registry.ts';

/** What `byom.plan_rows` returns. Nothing but this file knows its form. */
export interface StoredRows {
  readonly organization: {
    readonly revision: number;
    readonly when_missing: PolicyRow['whenMissing'];
    readonly on_failure: PolicyRow['onFailure'];
    readonly on_exhausted: PolicyRow['onExhausted'];
    readonly unclassified: string | null;
    readonly budget: unknown;
  };
  /** Of the Behavior first, then of its pipe. */
  readonly rules: readonly StoredRule[];
  readonly approvals: readonly StoredApproval[];
  readonly counts: CallCounts;
  readonly assigned: StoredModel | null;
  readonly byDefault: StoredModel | null;
  readonly platform: StoredModel | null;
  readonly wanted: StoredModel | null;
}

export interface StoredModel {
  readonly modelOrg: string;
  readonly ofPlatform: boolean;
  readonly provider: string;
  readonly providerId: string;
  /** The ExternalId of the organization that the provider belongs to. */
  readonly externalId: string;
  readonly model: string;
  readonly vendor: string;
  readonly upstreamId: string;
  readonly modelEnabled: boolean;
  readonly providerEnabled: boolean;
  readonly settings: unknown;
  readonly audience: string;
  /** An object, unless somebody wrote past every check of ours; the same for `limits`. */
  readonly supports: unknown;
  readonly limits: unknown;
  readonly credential: ModelRow['credential'];
}

interface StoredRule {
  readonly dataClass: string | null;
  readonly providers: readonly string[] | null;
  readonly onFailure: PolicyRow['onFailure'] | null;
  readonly onExhausted: PolicyRow['onExhausted'] | null;
}

interface StoredApproval {
  readonly class: string;
  readonly platform: boolean;
  readonly providers: readonly string[];
}

/** What `byom.settle` and `byom.record_outcome` keep beside the draft: enough for every reader to complete it. */
export interface StoredOutcome {
  readonly draft: OutcomeDraft;
  readonly sums: LedgerSums;
}

/** Limits where an admin says nothing; milliseconds and tokens (design section 4, `invokeModel`). */
const usualLimits = {
  firstTokenTimeoutMs: 30_000,
  idleTimeoutMs: 20_000,
  totalTimeoutMs: 600_000,
  maxOutputTokens: 4_096,
} as const;
const limitMax = 86_400_000;

const modes: readonly StructuredOutputMode[] = ['json_schema', 'json_object', 'prompt'];

export function toPlanRows(stored: StoredRows): PlanRows {
  const toRow = (model: StoredModel | null) => model && toModelRow(model, stored.approvals);
  return {
    policy: toPolicyRow(stored),
    assigned: toRow(stored.assigned),
    byDefault: toRow(stored.byDefault),
    platform: toRow(stored.platform),
    ordered: toRow(stored.wanted),
    counts: stored.counts,
  };
}

function toPolicyRow({ organization, rules }: StoredRows): PolicyRow {
  const lists = rules.flatMap(({ providers }) => (providers === null ? [] : [providers]));
  const [first, ...others] = lists;
  return {
    revision: String(organization.revision),
    whenMissing: organization.when_missing,
    onFailure: rules.find((one) => one.onFailure !== null)?.onFailure ?? organization.on_failure,
    onExhausted: rules.find((one) => one.onExhausted !== null)?.onExhausted ?? organization.on_exhausted,
    classes: [...new Set(rules.flatMap(({ dataClass }) => (dataClass === null ? [] : [dataClass])))],
    unclassified: organization.unclassified,
    providers: first?.filter((one) => others.every((list) => list.includes(one))) ?? null,
    budget: clampBudget(organization.budget),
  };
}

export function toModelRow(model: StoredModel, approvals: readonly StoredApproval[]): ModelRow {
  const { ofPlatform, provider, vendor, modelEnabled, providerEnabled, credential } = model;
  const limits = namedValues(model.limits);
  const contextTokens = limits['contextTokens'];
  return {
    ofPlatform,
    provider,
    model: model.model,
    vendor,
    modelEnabled,
    providerEnabled,
    credential,
    contextTokens: typeof contextTokens === 'number' ? contextTokens : null,
    approvedFor: approvals
      .filter((one) => (ofPlatform ? one.platform : one.providers.includes(provider)))
      .map((one) => one.class),
    totalTimeoutMs: limitOf(limits, 'totalTimeoutMs'),
  };
}

export function toCallLimits(model: StoredModel): CallLimits {
  const limits = namedValues(model.limits);
  return {
    firstTokenMs: limitOf(limits, 'firstTokenTimeoutMs'),
    idleMs: limitOf(limits, 'idleTimeoutMs'),
    totalMs: limitOf(limits, 'totalTimeoutMs'),
    maxOutputTokens: limitOf(limits, 'maxOutputTokens'),
  };
}

/** The modes from the admin's best one on, without those that the server was seen to refuse; `prompt` always works. */
export function toSupports(
  { supports }: Pick<StoredModel, 'supports'>,
  refusedModes: readonly string[],
): ModelSupports {
  const { structuredOutput, streaming, maxTokensField } = namedValues(supports);
  const best = modes.indexOf((structuredOutput ?? 'json_schema') as StructuredOutputMode);
  return {
    structuredOutput: modes
      .slice(Math.max(0, best))
      .filter((mode) => mode === 'prompt' || !refusedModes.includes(mode)),
    streaming: streaming !== false,
    maxTokensField:
      maxTokensField === 'max_tokens' || maxTokensField === 'max_completion_tokens' ? maxTokensField : null,
  };
}

function limitOf(limits: Named, name: keyof typeof usualLimits): number {
  const value = limits[name];
  const isUsable = typeof value === 'number' && Number.isInteger(value) && value > 0;
  return isUsable ? Math.min(value, limitMax) : usualLimits[name];
}

type Named = Readonly<Partial<Record<string, unknown>>>;

/** What is no object has no values: reading it must not throw, or the run would be tried again for ever. */
function namedValues(json: unknown): Named {
  return typeof json === 'object' && json !== null ? { ...json } : {};
}
