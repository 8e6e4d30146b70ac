import { z } from 'zod';
import { actionTypes, platformOrg, runLimits } from '../contract/index.ts';
import type { BehaviorRun } from '../contract/index.ts';

// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f]/;

const id = z
  .string()
  .min(1)
  .max(runLimits.idMaxCharacters)
  .refine(
    (text) => !controlCharacter.test(text) && text.isWellFormed(),
    'no control characters, no lone surrogates',
  );

const text = z.string().refine((one) => one.isWellFormed(), 'no lone surrogates');
const fieldId = z.string().regex(/^\d+$/, 'a numeric internal field id, as a string');
const dataClass = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name such as financial');

const fieldDefinition = { id: fieldId, label: text, type: text, options: z.array(text).exactOptional() };

const action = z.strictObject({
  referenceId: id,
  actionType: z.enum(actionTypes),
  name: text,
  metadata: z.record(z.string(), z.unknown()),
});

const behavior = z.strictObject({
  id,
  name: text,
  answer: z.enum(['plan', 'text']),
  agentInstruction: text.exactOptional(),
  dataClass: dataClass.nullable(),
  instruction: text.min(1),
  knowledge: z.array(z.strictObject({ name: text, text })),
  capabilities: z.array(z.strictObject({ capabilityType: text, enabled: z.boolean() })).exactOptional(),
  onActionFailure: z.enum(['keep', 'compensate']).exactOptional(),
  actions: z.array(action),
});

/** The form of a run on the wire, version 1: `docs/run.v1.schema.json` is made from it. */
export const runSchema = z.strictObject({
  version: z.literal(1),
  org: id.refine((one) => one !== platformOrg, `"${platformOrg}" is reserved`),
  pipe: id,
  engineTaskQueue: text.min(1),
  event: z.strictObject({
    id: text.min(1),
    type: text.min(1),
    at: z.iso.datetime({ offset: true }).exactOptional(),
    origin: z
      .strictObject({ workflowId: text.min(1), depth: z.int().min(0).max(runLimits.depthMax) })
      .exactOptional(),
  }),
  agent: z.strictObject({ id, name: text }).exactOptional(),
  behavior,
  card: z.strictObject({
    id,
    title: text,
    system: z.record(z.string(), z.unknown()).exactOptional(),
    fields: z.array(z.strictObject({ ...fieldDefinition, value: z.unknown().exactOptional() })),
  }),
  fields: z.array(z.strictObject(fieldDefinition)).exactOptional(),
  attachments: z
    .array(z.strictObject({ name: text, mediaType: text, pages: z.int().min(0), text }))
    .exactOptional(),
  notify: z.boolean().exactOptional(),
}) satisfies z.ZodType<BehaviorRun>;
