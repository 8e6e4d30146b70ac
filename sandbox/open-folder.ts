import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';

/** The user that runs what refuses to run as root; null where we are not root and it runs as us. */
export function findPlainUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

/** May every user pass through this folder and all above it? A clone in root's home is closed to others. */
export async function isOpenToAll(folder: string): Promise<boolean> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/** A folder for temporary files that the plain user can reach too: `TMPDIR` may be closed to others. */
export async function findOpenTemporaryFolder(): Promise<string> {
  if (findPlainUser() === null) return tmpdir();
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await isOpenToAll(folder).catch(() => false)) return folder;
  }
  throw new Error(
    'Postgres does not run as root, and no temporary folder is open to other users: set TMPDIR to one.',
  );
}
