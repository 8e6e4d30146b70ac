import { z } from 'zod';

/** A registry as a file says it, with every reference to the environment already filled in: handle it as a secret. */
export interface RegistryFile {
  readonly organizations: readonly OrganizationEntry[];
}

/** Where an entry stands in its file, `name:line:column`, for the errors that only Postgres or a vendor can find. */
interface Placed {
  readonly place: string;
}

export interface OrganizationEntry extends Placed {
  readonly org: string;
  readonly name: string | null;
  readonly policy: PolicyEntry;
  readonly providers: readonly ProviderEntry[];
  readonly models: readonly ModelEntry[];
  readonly default: ModelReference | null;
  readonly dataClasses: readonly DataClassEntry[];
  readonly rules: readonly RuleEntry[];
  readonly assignments: readonly AssignmentEntry[];
}

export interface ModelReference extends Placed {
  /** A slug of the same organization, or `platform/<slug>`. */
  readonly model: string;
}

export type ProviderEntry = z.infer<typeof providerShape> & Placed & { readonly slug: string };
export type ModelEntry = z.infer<typeof modelShape> & Placed & { readonly slug: string };
export type DataClassEntry = z.infer<typeof dataClassShape> & Placed & { readonly class: string };
export type PolicyEntry = z.infer<typeof policyShape>;
export type RuleValues = z.infer<typeof ruleShape>;

export interface RuleEntry extends Placed {
  readonly pipe: string;
  /** Null: the rules of the pipe itself. */
  readonly behavior: string | null;
  readonly values: RuleValues;
}

export interface AssignmentEntry extends ModelReference {
  readonly pipe: string;
  readonly behavior: string;
}

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a slug: lower-case letters, digits and hyphens, 63 at most');
const ownSlug = slug.refine((name) => name !== 'platform', 'is reserved for the platform');
const hostId = z
  .string()
  // A control character in an id would be invisible wherever it is shown.
  .regex(/^\P{Cc}{1,128}$/u, 'must have 1 to 128 characters, none a control character');
export const modelName = z
  .string()
  .regex(/^(platform\/)?[a-z0-9][a-z0-9-]{0,62}$/, 'must be the slug of a model, or platform/<slug>');
const price = z.string().regex(/^\d{1,10}(\.\d{1,10})?$/, "must be a decimal in quotes, such as '0.15'");
const positive = z.int().positive();

const onFailure = z.enum(['platform', 'cascade', 'none']);
const onExhausted = z
  .enum(['fail', 'park'])
  .refine((value) => value !== 'park', 'park is not supported yet: use fail');

export const policyShape = z
  .strictObject({
    whenMissing: z.enum(['platform', 'fail']),
    onFailure,
    onExhausted,
    unclassified: z.string().min(1).max(128).nullable(),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency of three letters, such as USD'),
    budget: z
      .strictObject({
        callsPerRound: positive,
        callsPerModel: positive,
        hopMs: positive,
        roundMs: positive,
        heartbeatMs: positive,
        backoffMs: positive,
        backoffMaxMs: positive,
        actionDeadlineMs: positive,
      })
      .partial(),
  })
  .partial();

export const providerShape = z.strictObject({
  vendor: z.string().min(1),
  name: z.string().min(1).max(200).optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
  credential: z.record(z.string(), z.unknown()).nullable().default(null),
  enabled: z.boolean().default(true),
});

export const modelShape = z.strictObject({
  provider: slug,
  upstreamId: z.string().min(1).max(512),
  name: z.string().min(1).max(200).optional(),
  enabled: z.boolean().default(true),
  supports: z
    .strictObject({
      structuredOutput: z.enum(['json_schema', 'json_object', 'prompt']),
      streaming: z.boolean(),
      maxTokensField: z.enum(['max_tokens', 'max_completion_tokens']),
    })
    .partial()
    .default({}),
  limits: z
    .strictObject({
      contextTokens: positive,
      maxOutputTokens: positive,
      firstTokenTimeoutMs: positive,
      idleTimeoutMs: positive,
      totalTimeoutMs: positive,
    })
    .partial()
    .default({}),
  price: z.strictObject({ input: price, output: price, cachedInput: price.optional() }).optional(),
});

export const dataClassShape = z.strictObject({
  providers: z.array(slug).default([]),
  platform: z.boolean().default(false),
});

export const ruleShape = z
  .strictObject({ dataClass: z.string().min(1).max(128), providers: z.array(slug), onFailure, onExhausted })
  .partial();

/** The file as it is written. Unknown keys are errors: a misspelt rule would silently permit. */
export const fileShape = z.strictObject({
  version: z.literal(1),
  organizations: z.record(
    hostId,
    z.strictObject({
      name: z.string().min(1).max(200).optional(),
      policy: policyShape.default({}),
      providers: z.record(ownSlug, providerShape).default({}),
      models: z.record(ownSlug, modelShape).default({}),
      default: modelName.optional(),
      dataClasses: z.record(z.string().min(1).max(128), dataClassShape).default({}),
      rules: z
        .record(hostId, ruleShape.safeExtend({ behaviors: z.record(hostId, ruleShape).default({}) }))
        .default({}),
      assignments: z.record(hostId, z.record(hostId, modelName)).default({}),
    }),
  ),
});
