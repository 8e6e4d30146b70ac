import type { Guard } from '../guard/guard.ts';
import { requestSessionKeys, sessionNameOf, sessionS, type SessionKeys } from './session-keys.ts';
import { cacheKey } from './last-used.ts';
import { createTokenCache } from './token-cache.ts';

export interface AssumeRoleOptions {
  readonly guard: Guard;
  /** Whose Security Token Service is asked, unless the guard's `wellKnown.sts` names another. */
  readonly region: string;
  /** The operator's own keys: all they need is `sts:AssumeRole` on the roles of the organizations. */
  readonly baseKeys: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** One provider's role. The ExternalId must be ours, never an organization's to choose: it keeps others off its role. */
export interface RoleAsk {
  readonly org: string;
  readonly provider: string;
  readonly audience: string;
  readonly roleArn: string;
  readonly externalId: string;
}

export interface AssumeRole {
  /**
   * The keys at hand while they are fresh, else new ones. Throws `Failure`: `model.forbidden` where the role's trust policy
   * says no, `model.misconfigured` where the operator's own keys are refused; or the reason of `signal`.
   */
  (ask: RoleAsk, signal?: AbortSignal): Promise<SessionKeys>;
  /** Drops keys that were refused, so that the next ask gets others. */
  forget(ask: RoleAsk, refused: SessionKeys): void;
}

/** Lends roles of organizations through AssumeRole (docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
export function createAssumeRole(options: AssumeRoleOptions): AssumeRole {
  const { guard, region } = options;
  const endpoint = guard.wellKnown.sts ?? `https://sts.${region}.amazonaws.com`;
  const fetch = guard.fetch([endpoint]);
  const tokens = createTokenCache<SessionKeys>();
  const keyOf = (ask: RoleAsk): string => cacheKey({ ...ask, as: options.baseKeys }, endpoint);
  const assume = (ask: RoleAsk, signal: AbortSignal = new AbortController().signal): Promise<SessionKeys> =>
    tokens.get(keyOf(ask), signal, (given) =>
      requestSessionKeys(
        { region, endpoint, fetch, signal: given, baseKeys: options.baseKeys, remedies },
        (client, { AssumeRoleCommand }) =>
          client.send(
            new AssumeRoleCommand({
              RoleArn: ask.roleArn,
              RoleSessionName: sessionNameOf(ask),
              ExternalId: ask.externalId,
              DurationSeconds: sessionS,
            }),
          ),
      ),
    );
  return Object.assign(assume, {
    forget: (ask: RoleAsk, refused: SessionKeys) => tokens.forget(keyOf(ask), refused),
  });
}

const remedies = {
  'model.forbidden':
    "The role's trust policy must allow sts:AssumeRole to the operator's account, with the ExternalId of this organization.",
  'model.misconfigured':
    "The roleArn, the operator's own AWS keys, the region or the worker's clock do not fit.",
};
