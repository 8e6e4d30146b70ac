import { Failure, digestMemo, workflowIdOf } from '../contract/index.ts';
import type { BehaviorRun } from '../contract/index.ts';
import { checkRun, digestOf, startBehavior } from '../client/index.ts';
import { readOrganization, type Organization } from '../registry/index.ts';
import { askTemporal } from './ask-temporal.ts';
import { findInOrganization } from './find-in-organization.ts';
import { needTemporal } from './need-temporal.ts';
import { Problem, problems, type ProblemType } from './problem.ts';
import type { Call } from './route.ts';

/**
 * Starts a run for an engine that is not written in TypeScript. The organization is the path's and nobody else's, and its
 * engine's task queue must be one that the operator opened to it. A second start of the same event finds the first one.
 */
export async function startRun(body: unknown, call: Call): Promise<{ readonly workflowId: string }> {
  const client = needTemporal(call.options);
  const run = read(body);
  if (run.org !== call.org) throw refusal('invalid', '/org', 'must be the organization of the path');
  await refuseForeignQueue(run, call);
  const { runKeys: keys, taskQueue } = call.options;
  const memo = await askTemporal(client, async () => {
    const handle = await startBehavior(client, run, {
      check: false,
      ...(keys === undefined ? {} : { keys }),
      ...(taskQueue === undefined ? {} : { taskQueue }),
    });
    return (await handle.describe()).memo;
  });
  if (memo?.[digestMemo] !== digestOf(run)) {
    throw refusal('run-differs', '/event/id', 'has started another run of this Behavior before');
  }
  return { workflowId: workflowIdOf(run.org, run.behavior.id, run.event.id) };
}

function read(body: unknown): BehaviorRun {
  try {
    return checkRun(body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [, path, detail] = /^([\w.[\]]+): (.*)$/s.exec(error.message) ?? [];
    const type = error.type === 'run.too-large' ? 'too-large' : 'invalid';
    throw path === undefined
      ? new Problem(type, error.message)
      : refusal(type, toPointer(path), detail ?? '');
  }
}

/** `behavior.actions[0].name` is `/behavior/actions/0/name`. */
function toPointer(path: string): string {
  return `/${path.replaceAll('[', '.').replaceAll(']', '').replaceAll('.', '/')}`;
}

async function refuseForeignQueue(run: BehaviorRun, call: Call): Promise<void> {
  const organization = await findInOrganization<Organization>(call, readOrganization());
  const queues = organization?.engineQueues ?? [];
  if (queues.includes('*') || queues.includes(run.engineTaskQueue)) return;
  throw refusal('invalid', '/engineTaskQueue', 'is no queue that the operator opened to this organization');
}

function refusal(type: ProblemType, pointer: string, detail: string): Problem {
  return new Problem(type, problems[type].title, { errors: [{ pointer, detail }] });
}
