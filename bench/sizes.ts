/** How much is measured. */
export interface Sizes {
  readonly about: string;
  readonly text: {
    readonly rounds: number;
    readonly warmUp: number;
    readonly sequential: number;
    readonly parallel: number;
  };
  readonly resolution: { readonly rounds: number; readonly warmUp: number; readonly questions: number };
  readonly adapter: { readonly rounds: number; readonly warmUp: number; readonly calls: number };
  readonly api: { readonly rounds: number; readonly warmUp: number; readonly requests: number };
  readonly cancels: number;
  readonly neighbour: { readonly rounds: number; readonly noisy: number; readonly quiet: number };
  readonly workerStarts: number;
}

export const full: Sizes = {
  about: '4 minutes',
  text: { rounds: 5, warmUp: 400, sequential: 50, parallel: 300 },
  resolution: { rounds: 5, warmUp: 500, questions: 1_000 },
  adapter: { rounds: 5, warmUp: 200, calls: 200 },
  api: { rounds: 5, warmUp: 2_000, requests: 2_000 },
  cancels: 20,
  neighbour: { rounds: 5, noisy: 200, quiet: 60 },
  workerStarts: 5,
};

export const quick: Sizes = {
  about: '1 minute',
  text: { rounds: 3, warmUp: 60, sequential: 20, parallel: 60 },
  resolution: { rounds: 3, warmUp: 200, questions: 300 },
  adapter: { rounds: 3, warmUp: 100, calls: 50 },
  api: { rounds: 3, warmUp: 500, requests: 500 },
  cancels: 5,
  neighbour: { rounds: 2, noisy: 200, quiet: 30 },
  workerStarts: 2,
};
