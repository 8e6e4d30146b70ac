import './global-setup.ts';

/** Ends what the set-up started. */
export default async function tearDown(): Promise<void> {
  await globalThis.byomTestClosers?.closeAll();
}
