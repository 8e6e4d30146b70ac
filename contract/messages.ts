/** What an operator, the API or the CLI may say to a run. Plain data: `workflows/` and `client/` bind the names. */
export const messageNames = {
  retryNow: 'retryNow',
  overrideModel: 'overrideModel',
  abort: 'abort',
  registryChanged: 'registryChanged',
  state: 'state',
} as const;

export interface RetryNow {
  /** Refused when the run has moved on since the sender looked. */
  readonly round?: number;
}

export interface ModelOrder {
  readonly model: string;
  /** Who ordered it, for the reason `ordered-by:<who>`. */
  readonly by?: string;
}

export interface Abort {
  readonly reason: string;
}

/** What became of an order that was accepted; a refused one fails the update with the reason. */
export interface Accepted {
  readonly accepted: string;
}
