import type { RunEvent, RunState } from '../../contract/index.ts';
import { after } from './state.ts';

/** What has happened so far, and the one way to add to it. */
export interface Trail {
  readonly state: RunState;
  note(event: RunEvent): void;
}

export function keepTrail(start: RunState, nowMs: () => number, show: (state: RunState) => void): Trail {
  let state = start;
  show(state);
  return {
    get state() {
      return state;
    },
    note(event) {
      state = after(state, event, nowMs());
      show(state);
    },
  };
}
