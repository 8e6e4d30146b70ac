/** The one way out: every transport of every vendor goes through it. */
export interface Guard {
  /**
   * `fetch` that reaches only `hosts` (origins), over https (http only to addresses the operator allows), checks each
   * address when it connects, follows no redirect, and caps the decoded size. Throws `Failure` for what it refuses; a body
   * that grows too large breaks off, and `toFailure` says why.
   */
  fetch(hosts: readonly string[]): typeof globalThis.fetch;
  /** Token endpoints, as the operator set them. */
  readonly wellKnown: WellKnown;
  /** Ends every connection, calls under way included, so that the process can exit. */
  close(): Promise<void>;
}

/** A guard that also says how far one gets before anything is sent: what a test of a provider begins with. */
export interface ProbingGuard extends Guard {
  /**
   * Looks up where an origin leads and judges it as each call does. Throws `model.misconfigured` for what may not be reached
   * and `model.unreachable` for a name that leads nowhere.
   */
  judge(origin: string): Promise<void>;
  /** Opens a socket to an origin, TLS included, says nothing and closes it. Throws `Failure`. */
  knock(origin: string): Promise<void>;
}

/**
 * Where vendors hand out tokens: base URLs without a trailing slash. Constants, but for sovereign clouds and the sandbox; a
 * tenant's settings never change them.
 */
export interface WellKnown {
  /** Google's token endpoint (RFC 7523); `https://oauth2.googleapis.com/token`. */
  readonly googleToken: string;
  /** Microsoft Entra's authority; `https://login.microsoftonline.com`. */
  readonly entraAuthority: string;
  /** Amazon's Security Token Service; null: the regional one, `https://sts.<region>.amazonaws.com`. */
  readonly sts: string | null;
}

/** All addresses of a name. `hints` are those of `dns.lookup`. */
export type Lookup = (
  host: string,
  hints?: number,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** What the operator of the workers allows; never a tenant's to set. */
export interface GuardOptions {
  /** CIDR ranges that are not public and may be reached all the same, such as `127.0.0.0/8` or `10.1.0.0/16`. */
  readonly allowedRanges?: readonly string[];
  /** `host:port` pairs never reached, even within an allowed range: our own Postgres and Temporal. */
  readonly deniedEndpoints?: readonly string[];
  readonly wellKnown?: Partial<WellKnown>;
  /** How names become addresses; the system's resolver by default. It is asked once for each socket. */
  readonly lookup?: Lookup;
  /** Decoded bytes of one answer; 8 MiB by default, enough for some 30,000 streamed tokens. */
  readonly maxBytes?: number;
}
