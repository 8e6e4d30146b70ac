import { Failure, failures } from '../contract/index.ts';
import { Refused } from '../registry/index.ts';
import { toEtag } from './etag.ts';
import { Problem } from './problem.ts';

/** Whatever went wrong, as the caller may see it. What is none of ours is our own bug, and says nothing of itself. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Refused) return ofRefusal(error);
  if (error instanceof Failure) {
    if (error.type === 'registry.unavailable' || error.type.startsWith('worker.')) {
      return new Problem('unavailable', 'The registry does not answer. Try again.', {
        headers: { 'retry-after': '1' },
      });
    }
    const type = failures[error.type].status === 413 ? 'too-large' : 'invalid';
    return new Problem(type, error.message);
  }
  return new Problem('internal');
}

function ofRefusal({ code, message, details }: Refused): Problem {
  const { pointer, revision, dependents, resolutions } = details;
  return new Problem(code, message, {
    ...(pointer === undefined ? {} : { errors: [{ pointer, detail: message }] }),
    ...(revision === undefined ? {} : { headers: { etag: toEtag(revision) } }),
    ...(dependents === undefined ? {} : { dependents }),
    ...(resolutions === undefined ? {} : { resolutions }),
  });
}
