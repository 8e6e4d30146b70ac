import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of our own, whose CPU does not count as the worker's. */
export interface OwnProcess<Said> {
  /** The one thing it has to say; throws when it ends before. */
  readonly said: Promise<Said>;
  tell(message: object): void;
  close(): Promise<void>;
}

/** Runs a file of this folder. It ends with us, however we end: the channel between us closes. */
export function startProcess<Said>(file: string): OwnProcess<Said> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = new Promise<Said>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Said));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code} before it was ready.`)));
  });
  said.catch(() => {}); // Thrown to whoever waits for it.
  return {
    said,
    tell: (message) => child.send(message),
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** For the process itself: Ctrl-C is its starter's to answer, and it goes when the starter is gone. */
export function endWithStarter(close: () => Promise<void>): void {
  process.on('SIGINT', () => {});
  process.once('disconnect', () => {
    void close().finally(() => process.exit());
  });
}
