import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Haystack } from './haystack.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** Everything that Temporal keeps of a run: its history as JSON and value by value, and what the list of runs shows. */
export async function dumpHistory(handle: WorkflowHandle): Promise<readonly Haystack[]> {
  const history = await handle.fetchHistory();
  const { raw } = await handle.describe();
  const events = history.events ?? [];
  return [
    ...events.flatMap((event) => eventHaystacks(event, events)),
    ...leavesOf(raw).map(({ data }) => ({ place: 'list of runs', data })),
  ];
}

/** The form in which histories are exported, payloads in base64. */
export async function exportHistory(handle: WorkflowHandle): Promise<Haystack> {
  return { place: 'exported history', data: historyToJSON(await handle.fetchHistory()) };
}

function eventHaystacks(event: Event, events: readonly Event[]): readonly Haystack[] {
  const [name, attributes] = attributesOf(event);
  const activity = activityOf(event, events);
  return [...leavesOf(attributes), ...leavesOf({ summary: event.userMetadata })].map(({ path, data }) => ({
    // A failure is one whoever failed, and however deep in its chain of causes it stands.
    place: path.some((part) => /failure/i.test(part))
      ? `failure: ${name}`
      : `history: ${[activity, name, path[0]].filter(Boolean).join(' ')}`,
    data,
  }));
}

/** Protobuf's one-of: `activityTaskScheduledEventAttributes` of an event that is one. */
function attributesOf(event: Event): readonly [name: string, attributes: object] {
  for (const [name, value] of Object.entries(event))
    if (name.endsWith('EventAttributes') && typeof value === 'object' && value !== null)
      return [name.replace('EventAttributes', ''), value];
  return ['unknown', event];
}

/** The type of the activity that an event is about. */
function activityOf(event: Event, events: readonly Event[]): string {
  const { activityTaskScheduledEventAttributes: scheduled } = event;
  if (scheduled) return scheduled.activityType?.name ?? '';
  const about = [
    event.activityTaskStartedEventAttributes,
    event.activityTaskCompletedEventAttributes,
    event.activityTaskFailedEventAttributes,
    event.activityTaskTimedOutEventAttributes,
    event.activityTaskCanceledEventAttributes,
  ].find((one) => one)?.scheduledEventId;
  if (!about) return '';
  const beginning = events.find(({ eventId }) => String(eventId) === String(about));
  return beginning?.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
}

interface Leaf {
  readonly path: readonly string[];
  readonly data: Uint8Array | string;
}

/** Every text and every piece of bytes in there, the names of maps too. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value === 'string' || value instanceof Uint8Array) return [{ path, data: value }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one) => leavesOf(one, path));
  return Object.entries(value).flatMap(([key, one]) => [
    { path, data: key },
    ...leavesOf(one, [...path, key]),
  ]);
}
