import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { startBehavior } from '../../client/index.ts';
import { searchAttributeNames } from '../../contract/index.ts';
import { useCases } from '../support/use-case-runs.ts';

const { run } = useCases[0]!;
const all = Object.fromEntries(Object.values(searchAttributeNames).map((name) => [name, 2]));

/** A client of a namespace that says in turn which attributes it has, and how often it was asked. */
function clientOf(...lists: readonly (object | Error)[]) {
  const started: WorkflowStartOptions[] = [];
  let asked = 0;
  const listSearchAttributes = async () => {
    const customAttributes = lists[asked++];
    if (customAttributes instanceof Error || customAttributes === undefined) throw customAttributes;
    return { customAttributes };
  };
  const start = async (_type: string, options: WorkflowStartOptions) => void started.push(options);
  const client = {
    options: { namespace: 'default' },
    connection: { operatorService: { listSearchAttributes } },
    workflow: { start },
  } as unknown as Client;
  const attributes = () => started.map((one) => (one.typedSearchAttributes as unknown[]).length);
  return { client, attributes, asked: () => asked };
}

test('a namespace that has the search attributes is asked once', async () => {
  const { client, attributes, asked } = clientOf(all);
  for (const _ of [1, 2, 3]) await startBehavior(client, run);
  expect([attributes(), asked()]).toEqual([[3, 3, 3], 1]);
});

test('an engine that was up before the first worker sets them as soon as they are there', async () => {
  const { client, attributes } = clientOf({}, { [searchAttributeNames.org]: 2 }, all);
  for (const _ of [1, 2, 3]) await startBehavior(client, run);
  expect(attributes()).toEqual([0, 0, 3]);
});

test('a client that may not ask starts runs without them', async () => {
  const { client, attributes } = clientOf(new Error('denied'), all);
  for (const _ of [1, 2]) await startBehavior(client, run);
  expect(attributes()).toEqual([0, 3]);
});
