/** What an operator's broker is asked for: one provider of one organization that names an identity instead of secrets. */
export interface BrokerAsk {
  readonly org: string;
  readonly provider: string;
  readonly vendor: string;
  /** What the lent credential will be used with; a broker that knows only some of them refuses the others. */
  readonly audience: string;
  /** As the admin named it: `{ workload: true }`, `{ roleArn }`, and for Oracle `{ workload: '<kind>' }`. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Made by us per organization and read-only: it keeps one organization off a role that trusts another. */
  readonly externalId: string;
}

/**
 * Lends a short-lived credential in the vendor's own form. The operator gives it when a worker starts, and decides per
 * organization what may be lent; tenants' settings never reach it. Throws `Failure`, or the reason of `signal`. A plain
 * function is enough; one that keeps what it has lent for a while takes `forget` with it.
 */
export interface CredentialBroker {
  (ask: BrokerAsk, signal: AbortSignal): Promise<unknown>;
  /** Drops what was lent for `ask` and then refused by the vendor (`model.unauthorized`), so that the next ask gets another. */
  forget?(ask: BrokerAsk, refused: unknown): void;
}
