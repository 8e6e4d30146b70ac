import { Failure } from '../contract/index.ts';

/**
 * Loads a vendor's package when it is first needed: a worker that never calls the vendor need not have it. Where it is
 * missing, `model.misconfigured` says how to install it.
 */
export async function loadSdk<Sdk>(name: string, load: () => Promise<Sdk>): Promise<Sdk> {
  try {
    return await load();
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    throw new Failure(
      'model.misconfigured',
      missing
        ? `The package ${name} is not installed where the worker runs: npm install ${name}`
        : `The package ${name} cannot be loaded where the worker runs. Install it again: npm install ${name}`,
      { sent: 'no' },
    );
  }
}
