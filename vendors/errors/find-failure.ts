import { Failure, isFailureType } from '../../contract/index.ts';

/** A failure of ours that came back wrapped into other people's errors; null where there is none. */
export function findFailure(thrown: unknown): Failure | null {
  for (const one of chain(thrown)) {
    if (one instanceof Failure || (one['name'] === 'Failure' && isFailureType(one['type']))) {
      return one as unknown as Failure;
    }
  }
  return null;
}

/** The codes that Node and undici left along the chain, outermost first: `ECONNREFUSED`, `UND_ERR_SOCKET`. */
export function codesIn(thrown: unknown): readonly string[] {
  return [...chain(thrown)].map(codeOf).filter((code) => typeof code === 'string');
}

/** undici 7.30 looks its parser's codes up the wrong way round and leaves them out (2026-11-24): its words have to do. */
function codeOf(one: Readonly<Record<string, unknown>>): unknown {
  if (one['name'] !== 'HTTPParserError' || one['code'] !== undefined) return one['code'];
  return String(one['message']).includes('(Invalid EOF state)') ? 'HPE_INVALID_EOF_STATE' : 'HPE_UNKNOWN';
}

/** An error and what it says caused it. By shape: two copies of an SDK in one process have two sets of classes. */
function* chain(thrown: unknown): Generator<Readonly<Record<string, unknown>>> {
  let one = thrown;
  for (let depth = 0; depth < 6 && typeof one === 'object' && one !== null; depth += 1) {
    yield one as Readonly<Record<string, unknown>>;
    one = 'cause' in one ? one.cause : null;
  }
}
