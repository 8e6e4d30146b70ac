import { Failure } from '../../contract/index.ts';
import { toRegistryFailure } from '../queries/ask-postgres.ts';

/** What looking after the audit makes of an error: whoever does it by hand can do something about some of them. */
export function toAuditFailure(error: unknown, org: string | null): Failure {
  switch ((error as { code?: unknown } | null)?.code) {
    case '42501':
      return new Failure(
        'registry.unavailable',
        'This role may not look after the audit: connect as byom_maintenance, or as the owner.',
      );
    case 'BY003':
      return new Failure('run.invalid', `The audit of ${org} has a hole: \`byom audit verify\` says where.`);
    default:
      return toRegistryFailure(error);
  }
}
