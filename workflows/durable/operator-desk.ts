import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Abort, Accepted, ModelOrder, NextHop, RunState } from '../../contract/index.ts';
import { whyNotAbort, whyNotOverride, whyNotRetry } from '../run/orders.ts';
import type { Trail } from '../run/trail.ts';
import * as messages from './messages.ts';

interface Levers {
  /** What the registry would say to this order. */
  readonly preview: (order: ModelOrder) => Promise<NextHop>;
  readonly abort: (reason: string) => void;
}

/** Where operators, the API and the CLI reach a run that is under way. */
export function openDesk(trail: Trail, levers: Levers): void {
  setHandler(messages.registryChanged, () => trail.note({ type: 'registry-changed' }), {
    description: 'The registry changed in a way that may let this run go on.',
  });

  const retryNow = (): Accepted => {
    trail.note({ type: 'told-to-retry' });
    return { accepted: 'Asking the registry again now.' };
  };
  setHandler(messages.retryNow, retryNow, {
    description: 'Ends the waiting of a parked run.',
    validator: refusing(trail, whyNotRetry),
  });

  const overrideModel = async (order: ModelOrder): Promise<Accepted> => {
    const accepted = permittedName(order, await levers.preview(order));
    refusing(trail, whyNotOverride)(order); // The run may have moved on while the registry was asked.
    trail.note({ type: 'told-to-use', order });
    return { accepted };
  };
  setHandler(messages.overrideModel, overrideModel, {
    description: 'Uses this model from the next call on, if policy permits it.',
    validator: refusing(trail, whyNotOverride),
  });

  const abort = ({ reason }: Abort): Accepted => {
    levers.abort(reason);
    return { accepted: 'Stopping; what was done is being taken back.' };
  };
  setHandler(messages.abort, abort, {
    description: 'Stops the run and takes its actions back.',
    validator: refusing(trail, whyNotAbort),
  });
}

function permittedName(order: ModelOrder, hop: NextHop): string {
  if (hop.next === 'call') return `${hop.candidate.provider}/${hop.candidate.model}`;
  const why = hop.skipped.map((one) => `${one.model ?? 'no model'}: ${one.reason}`).join('; ');
  throw ApplicationFailure.nonRetryable(`${order.model} is not permitted. ${why}`, 'order.refused');
}

function refusing<Order extends unknown[]>(
  trail: Trail,
  whyNot: (state: RunState, ...order: Order) => string | null,
): (...order: Order) => void {
  return (...order) => {
    const reason = whyNot(trail.state, ...order);
    if (reason !== null) throw ApplicationFailure.nonRetryable(reason, 'order.refused');
  };
}
