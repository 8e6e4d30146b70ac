/** Where prompts and answers may be, and why. Nothing that was planted may be anywhere else, and a secret nowhere at all. */
const places: readonly Place[] = [
  {
    where: 'history: workflowExecutionStarted input',
    what: ['prompt'],
    because: 'A run carries what its model is to be told; it is what a reset starts from.',
  },
  {
    where: 'history: invokeModel activityTaskScheduled input',
    what: ['prompt'],
    because:
      'The prompt is assembled from the run inside the activity, so that its ticket covers what is sent.',
  },
  {
    where: 'history: invokeModel activityTaskCompleted result',
    what: ['answer'],
    because: 'A plan that a worker has received must survive that worker.',
  },
  {
    where: 'history: executeAction activityTaskScheduled input',
    what: ['answer'],
    because: 'The engine is told the values to write.',
  },
  {
    where: 'history: executeAction activityTaskCompleted result',
    what: ['answer', 'prompt'],
    because:
      'What the engine needs to take it back, in its own form: the sandbox keeps the value before and the one after.',
  },
  {
    where: 'history: compensateAction activityTaskScheduled input',
    what: ['answer', 'prompt'],
    because: 'The same, handed back to the engine.',
  },
  {
    where: 'history: behaviorFinished activityTaskScheduled input',
    what: ['answer'],
    because: 'An engine that asked for it is told the outcome.',
  },
  {
    where: 'history: markerRecorded details',
    what: ['answer'],
    because: 'recordOutcome is a local activity, and returns the outcome.',
  },
  {
    where: 'history: recordOutcome activityTaskScheduled input',
    what: ['answer'],
    because: 'As a regular activity, where Postgres was too slow for a local one.',
    always: false,
  },
  {
    where: 'history: recordOutcome activityTaskCompleted result',
    what: ['answer'],
    because: 'The same.',
    always: false,
  },
  {
    where: 'history: workflowExecutionCompleted result',
    what: ['answer'],
    because: 'The outcome is the result of the workflow.',
  },
  {
    where: 'failure: workflowExecutionFailed',
    what: ['answer'],
    because: 'The outcome of a failed run is in its details; its message and stack have our own words alone.',
  },
  {
    where: 'history: workflowPropertiesModified upsertedMemo',
    what: ['answer'],
    because: 'Temporal drops what a cancelled workflow would return, so its outcome is in the memo.',
  },
  { where: 'list of runs', what: ['answer'], because: 'The same memo.' },
  { where: 'exported history', what: ['answer', 'prompt'], because: 'All of the above, as JSON.' },
  {
    where: 'table: byom.runs.draft',
    what: ['answer'],
    because: 'The outcome outlives what Temporal keeps: summary, text and the values of actions.',
  },
  {
    where: 'table: pipe_engine.cards.title',
    what: ['prompt'],
    because: "The sandbox engine's own cards.",
  },
  {
    where: 'table: pipe_engine.cards.fields',
    what: ['answer', 'prompt'],
    because: 'The same, before an action and after it.',
  },
  { where: 'table: pipe_engine.cards.attachments', what: ['prompt'], because: 'The same.' },
  {
    where: 'table: pipe_engine.effects.fields',
    what: ['answer'],
    because: 'An engine remembers what it did under a key.',
  },
  {
    where: 'table: pipe_engine.effects.undo',
    what: ['answer', 'prompt'],
    because: 'And how to take it back.',
  },
  {
    where: 'stdout: byom run',
    what: ['answer'],
    because: 'It prints the outcome to whoever started the run.',
  },
  {
    where: 'stdout: host',
    what: ['answer', 'prompt'],
    because:
      "Temporal's core shows the beginning and end of payloads where an operator asks it to, with level TRACE.",
  },
  {
    where: 'log of Postgres',
    what: ['answer', 'prompt'],
    because:
      'Postgres logs the values of statements where an operator asks it to; the drafts of outcomes are among them.',
  },
  {
    where: 'stdout: byom keys generate',
    what: ['ring: BYOM_CREDENTIAL_KEYS', 'ring: BYOM_RUN_KEYS'],
    because: 'It prints new rings, for a secret store: the only output that holds one.',
  },
];

interface Place {
  /** As `findPlaces` tells it. */
  readonly where: string;
  readonly what: readonly string[];
  readonly because: string;
  /** False where it depends on how fast this machine is. */
  readonly always?: false;
}

/** As `findPlaces` tells what it found: what must be there, so that this list says no more than is true, and what may. */
export const placesAllowed = {
  always: linesOf(places.filter(({ always = true }) => always)),
  sometimes: linesOf(places.filter(({ always = true }) => !always)),
} as const;

function linesOf(some: readonly Place[]): readonly string[] {
  return some.flatMap(({ where, what }) => what.map((one) => `${where} has ${one}`)).toSorted();
}
