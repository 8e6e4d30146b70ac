/** What has to be closed again, last opened first. */
export interface Closers {
  /** Register before the thing is half open. What is opened after everything was closed is closed at once. */
  onClose(close: () => unknown): void;
  /** Closes everything, also after one of them failed, and throws what failed. Twice is once. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const open: (() => unknown)[] = [];
  let closing: Promise<void> | null = null;
  let closed = false;
  async function closeEach(): Promise<void> {
    const failed: unknown[] = [];
    for (let close = open.pop(); close; close = open.pop()) {
      try {
        await close();
      } catch (error) {
        failed.push(error);
      }
    }
    closed = true;
    if (failed.length > 0) throw new AggregateError(failed, 'Not everything could be closed.');
  }
  return {
    onClose(close) {
      if (!closed) {
        open.push(close);
        return;
      }
      const late = async () => close();
      late().catch(() => {});
    },
    closeAll: () => (closing ??= closeEach()),
  };
}

/** Waits until something has started, and has it closed with the rest. */
export async function closedBy<T extends { close(): Promise<void> }>(
  closers: Closers,
  starting: Promise<T>,
): Promise<T> {
  const started = await starting;
  closers.onClose(() => started.close());
  return started;
}

/**
 * Starts things side by side. When one fails the others are waited for before it is thrown, so that each has registered
 * its closer by then.
 */
export async function startAll<T extends readonly unknown[]>(starts: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const settled = await Promise.allSettled(starts);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const parentLookMs = 300;

/**
 * Closes everything and ends this process on Ctrl-C, SIGTERM, SIGHUP, and when the process that started us is gone: npm
 * that was killed with SIGKILL tells nobody, so the parent's id is looked at. Answers a function that takes it back.
 */
export function closeOnExit(closers: Closers): () => void {
  const parent = process.ppid;
  const end = (code: number) => {
    void closers
      .closeAll()
      .catch(() => {})
      .finally(() => process.exit(code));
  };
  const handlers = Object.entries(exitCodes).map(([signal, code]) => {
    const handler = () => end(code);
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const look = setInterval(() => {
    if (process.ppid !== parent) end(exitCodes.SIGHUP);
  }, parentLookMs);
  look.unref();
  return () => {
    clearInterval(look);
    for (const remove of handlers) remove();
  };
}
