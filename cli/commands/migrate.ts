import { migrate, migrationSql, migrationStatus } from '../../registry/index.ts';
import type { Config } from '../config.ts';

export async function migrateCommand(verb: 'up' | 'status' | 'sql', config: Config): Promise<void> {
  switch (verb) {
    case 'up': {
      const { applied, version } = await migrate(config.ownerUrl());
      const what = applied.length === 0 ? 'Nothing to do' : `Applied ${applied.join(', ')}`;
      process.stdout.write(`${what}; the registry is at version ${version}.\n`);
      break;
    }
    case 'status': {
      const { version, wanted, pending } = await migrationStatus(config.ownerUrl());
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
