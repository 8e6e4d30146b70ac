import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeys, parseOpenKeys } from '../../registry/index.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { ByomPlugin } from '../../worker/index.ts';
import type { ByomPluginOptions } from '../../worker/index.ts';
import { points } from './cells.ts';

const root = findPackageRoot();
/** The rooms that run in somebody's production. */
const rooms = ['contract', 'client', 'workflows', 'vendors', 'registry', 'activities', 'worker'];

describe('the harness gets in between by what a host may hand to createActivities, so the package', () => {
  test('names no crash point and kills no process', () => {
    const found = rooms.flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .filter((path) => findHook(readFileSync(join(root, room, path), 'utf8')))
        .map((path) => `${room}/${path}`),
    );
    expect(found).toEqual([]);
    expect(findHook(`await reach('${points[1]}');`)).toBe(true);
    expect(findHook('process.kill(process.pid)')).toBe(true);
  });

  test('has a plugin that brings its own parts, and asks its options for nothing that steps would report to', async () => {
    const asked = new Set<string>();
    const options: ByomPluginOptions = {
      databaseUrl: 'postgres://byom_worker@127.0.0.1:1/byom',
      credentialKeys: parseOpenKeys(generateKeys('test').openRing),
      runKeys: null,
      unsignedRuns: 'allow',
    };
    const watched = new Proxy(options, {
      get(target, name) {
        asked.add(String(name));
        return Reflect.get(target, name) as unknown;
      },
    });
    await expect(new ByomPlugin(watched).configureWorker({ taskQueue: 'byom' })).rejects.toThrow();
    expect([...asked]).toContain('databaseUrl');
    expect([...asked].filter((name) => hookish.test(name))).toEqual([]);
  });
});

const hookish = /registry|activit|vendor|reach|point|step|hook|crash/i;

function findHook(source: string): boolean {
  return /process\.kill|SIGKILL/.test(source) || points.some((point) => source.includes(`'${point}'`));
}
