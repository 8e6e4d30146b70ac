/** Delivers events one after the other, when asked and from time to time. */
export interface DeliveryLoop {
  /** Resolves when nothing that was due at the call is left. */
  deliver(): Promise<void>;
  /** The same, without waiting; what fails is tried again later. */
  deliverSoon(): void;
  close(): Promise<void>;
}

/** How often it is looked for events that another process raised, or that are due again. */
const lookEveryMs = 250;

/** `deliverNext` answers false when nothing is due. With `delivers` false only `deliver` does anything. */
export function createDeliveryLoop(deliverNext: () => Promise<boolean>, delivers: boolean): DeliveryLoop {
  let latest: Promise<void> = Promise.resolve();
  let waiting = false;
  let closed = false;

  async function deliverAll(): Promise<void> {
    waiting = false;
    while (!closed && (await deliverNext()));
  }
  function deliver(): Promise<void> {
    latest = latest.catch(() => {}).then(deliverAll);
    return latest;
  }
  function deliverSoon(): void {
    // One that waits for its turn will see this event too.
    if (!delivers || closed || waiting) return;
    waiting = true;
    deliver().catch(() => {});
  }
  const look = setInterval(deliverSoon, lookEveryMs);
  look.unref();
  return {
    deliver,
    deliverSoon,
    async close() {
      closed = true;
      clearInterval(look);
      await latest.catch(() => {});
    },
  };
}
