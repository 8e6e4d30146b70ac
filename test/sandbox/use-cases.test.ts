import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { FieldInput } from '../../contract/index.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { allUseCases } from '../../sandbox/use-cases/all-use-cases.ts';

const pipes = allUseCases.flatMap((useCase) => useCase.pipes);
const behaviors = pipes.flatMap((pipe) =>
  pipe.agents.flatMap((agent) => agent.behaviors.map((behavior) => ({ pipe, behavior }))),
);
const named = behaviors.map(({ pipe, behavior }) => [behavior.id, pipe, behavior] as const);

interface RegistryFile {
  readonly organizations: Readonly<
    Record<
      string,
      {
        readonly default: string;
        readonly providers: Readonly<Record<string, { readonly vendor: string }>>;
        readonly models: Readonly<Record<string, { readonly provider: string }>>;
        readonly assignments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
        readonly rules?: Readonly<Record<string, { readonly behaviors: Readonly<Record<string, unknown>> }>>;
      }
    >
  >;
}

let registry: RegistryFile['organizations'];
beforeAll(async () => {
  const text = await readFile(join(findPackageRoot(), 'sandbox', 'registry.yaml'), 'utf8');
  registry = (parse(text) as RegistryFile).organizations;
});

test('there are five, with twelve Behaviors on six pipes', () => {
  expect([allUseCases.length, behaviors.length, pipes.length]).toEqual([5, 12, 6]);
});

test.each(named)(
  '%s refers to fields of its pipe, and mentions every action it offers',
  (_, pipe, behavior) => {
    const { instruction, referencedFieldIds, actionsAttributes } = behavior.actionParams.aiBehaviorParams;
    const fields = pipe.fields.map((field) => field.id);
    expect(fields).toEqual(expect.arrayContaining([...referencedFieldIds]));
    expect(referencedFieldIds.length).toBeGreaterThan(0);
    const mentioned = [...instruction.matchAll(/%\{action:([0-9a-f-]{36})\}/g)].map(([, id]) => id);
    expect(mentioned.toSorted()).toEqual(actionsAttributes.map((action) => action.referenceId).toSorted());
  },
);

test.each(named)('%s fills fields of its pipe and moves only where it may', (_, pipe, behavior) => {
  const { actionsAttributes } = behavior.actionParams.aiBehaviorParams;
  const start = behavior.eventParams?.to_phase_id ?? pipe.phases[0]?.id ?? '';
  // One Behavior writes and moves once; where it may move to is decided by the phase it was triggered in.
  for (const { metadata } of actionsAttributes) {
    const inputs = (metadata['fieldsAttributes'] ?? []) as readonly FieldInput[];
    for (const { fieldId } of inputs) expect(pipe.fields.map((field) => field.id)).toContain(fieldId);
    const target = metadata['destinationPhaseId'];
    if (target) expect(pipe.moves[start]).toContain(target);
  }
});

test.each(named)('%s is given knowledge that its pipe has', (_, pipe, behavior) => {
  const known = (pipe.knowledge ?? []).map((item) => item.id);
  expect(known).toEqual(expect.arrayContaining([...behavior.actionParams.aiBehaviorParams.dataSourceIds]));
});

test('no two actions, fields or phases share an id', () => {
  const ids = [
    ...behaviors.flatMap(({ behavior }) =>
      behavior.actionParams.aiBehaviorParams.actionsAttributes.map((action) => action.referenceId),
    ),
    ...pipes.flatMap((pipe) => [...pipe.fields, ...pipe.phases].map(({ id }) => id)),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test('the registry serves each Behavior with the model that its cards expect', () => {
  const acme = registry['acme'];
  for (const card of allUseCases.flatMap((useCase) => useCase.cards)) {
    for (const { behavior, layer, model } of card.expected.runs) {
      const assigned = acme?.assignments?.[card.pipe]?.[behavior];
      expect({ behavior, layer, model }).toEqual({
        behavior,
        layer: assigned ? 'behavior' : 'organization',
        model: assigned ?? acme?.default,
      });
    }
  }
});

test('the registry names only Behaviors, providers and models that exist', () => {
  for (const { providers, models, assignments, rules, default: chosen } of Object.values(registry)) {
    expect(Object.keys(models)).toContain(chosen);
    for (const { provider } of Object.values(models)) expect(Object.keys(providers)).toContain(provider);
    for (const [pipe, assigned] of Object.entries(assignments ?? {})) {
      for (const [behavior, model] of Object.entries(assigned)) {
        expect(behaviors.map((one) => `${one.pipe.id} ${one.behavior.id}`)).toContain(`${pipe} ${behavior}`);
        expect(Object.keys(models)).toContain(model);
      }
    }
    for (const [pipe, rule] of Object.entries(rules ?? {})) {
      for (const behavior of Object.keys(rule.behaviors)) {
        expect(behaviors.map((one) => `${one.pipe.id} ${one.behavior.id}`)).toContain(`${pipe} ${behavior}`);
      }
    }
  }
});
