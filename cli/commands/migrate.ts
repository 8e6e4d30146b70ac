import { migrate, migrationSql, migrationStatus } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { reachDatabase } from '../reach-database.ts';
import { UserError } from '../user-error.ts';

export async function migrateCommand(verb: 'up' | 'status' | 'sql', config: Config): Promise<void> {
  switch (verb) {
    case 'up': {
      const owner = config.owner();
      await reachDatabase(owner);
      const { applied, version } = await migrate(owner.url);
      const what = applied.length === 0 ? 'Nothing to do' : `Applied ${applied.join(', ')}`;
      process.stdout.write(`${what}; the registry is at version ${version}.\n`);
      break;
    }
    case 'status': {
      const owner = config.owner();
      await reachDatabase(owner);
      const { version, wanted, pending } = await migrationStatus(owner.url);
      if (version > wanted)
        throw new UserError(
          `The registry is at version ${version}, and this byom knows ${wanted} at most: upgrade pipe-byom.`,
        );
      const next =
        pending.length === 0 ? 'up to date' : `pending: ${pending.join(', ')}; run \`byom migrate up\``;
      process.stdout.write(`The registry is at version ${version} of ${wanted}: ${next}.\n`);
      break;
    }
    case 'sql':
      process.stdout.write(migrationSql());
      break;
  }
}
