import type { Fault, LoggedRequest } from '../testing/index.ts';
import type { Grounds } from './grounds.ts';

/** Lets something go wrong at one route of the stand-in vendors, from now on. */
export async function setFault({ standIns }: Grounds, route: string, fault: Fault): Promise<void> {
  const response = await fetch(`${standIns.vendors}/__sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify({ route, fault }),
  });
  if (!response.ok) throw new Error('The stand-in vendors take no fault.');
}

/** What one route of the stand-in vendors truly received, in the order of arrival. */
export async function requestsTo({ standIns }: Grounds, route: string): Promise<readonly LoggedRequest[]> {
  const response = await fetch(`${standIns.vendors}/__sandbox/log?route=${route}`);
  return (await response.json()) as readonly LoggedRequest[];
}
