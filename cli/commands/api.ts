import { once } from 'node:events';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createApi, listen } from '../../api/index.ts';
import type { Api, Listening, RequestLine } from '../../api/index.ts';
import { parseSealKeys } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { loadDataConverter } from '../data-converter.ts';
import { checkDatabase } from '../reach-database.ts';
import { readRunKeys } from '../read-run-keys.ts';
import { findNamedTemporal } from '../temporal-connection.ts';
import { UserError, lineOf } from '../user-error.ts';

/** Serves the API alone until SIGTERM or SIGINT, and then ends what is under way. The log is lines of JSON on stdout. */
export async function apiCommand(config: Config): Promise<void> {
  // Whoever takes over this process shall find nothing with which a stored credential could be opened.
  if (config.holdsOpenRing)
    throw new UserError(
      'BYOM_CREDENTIAL_KEYS is set: the API must not hold the key that opens credentials. Unset it here; BYOM_CREDENTIAL_PUBLIC_KEYS is all it needs.',
    );
  const logger = pino({ base: null });
  const place = config.apiPlace();
  const database = config.api();
  const sealKeys = parseSealKeys(config.sealRing());
  const runKeys = readRunKeys(config);
  const oidc = config.oidc();
  await checkDatabase(database);
  const client = (await findNamedTemporal()?.client(await loadDataConverter(config))) ?? null;
  const api = create(() =>
    createApi({
      databaseUrl: database.url,
      sealKeys,
      taskQueue: config.taskQueue,
      ...(client === null ? {} : { client }),
      ...(runKeys === null ? {} : { runKeys }),
      ...(oidc === null ? {} : { oidc }),
      log: (line) => logRequest(logger, line),
    }),
  );
  const listening = await open(api, place);
  logger.info({ url: listening.url }, `The API is at ${listening.url}.`);
  warn(logger, client, config);
  await untilToldToStop();
  logger.info('Stopping.');
  await listening.close();
  await api.close();
  await client?.connection.close();
}

/** Everything but starting and stopping runs works without Temporal. */
function warn(logger: Logger, client: Client | null, { runRing }: Config): void {
  if (client === null) logger.warn('TEMPORAL_ADDRESS is not set: no run is started or stopped here.');
  else if (runRing === null)
    logger.warn('BYOM_RUN_KEYS is not set: runs that are started here are not signed.');
}

/** A setting that the API cannot take is told by its name. */
function create(make: () => Api): Api {
  try {
    return make();
  } catch (error) {
    throw new UserError(`BYOM_OIDC_JWKS_URL or BYOM_OIDC_ISSUER: ${lineOf(error)}`);
  }
}

async function open(api: Api, place: { readonly host: string; readonly port: number }): Promise<Listening> {
  try {
    return await listen(api, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { host, port } = place;
    if (code === 'EADDRINUSE')
      throw new UserError(
        `BYOM_API_PORT: ${port} is taken on ${host}: stop what is there, or choose another.`,
      );
    if (code === 'EACCES')
      throw new UserError(`BYOM_API_PORT: ${port} may not be opened by this user: choose one above 1023.`);
    throw new UserError(
      `BYOM_API_HOST: cannot listen on ${host} (${code ?? 'unknown'}): name an address of this machine.`,
    );
  }
}

function logRequest(logger: Logger, line: RequestLine): void {
  if (line.status >= 500) logger.error(line, 'request');
  else logger.info(line, 'request');
}

/** A second signal ends the process at once, as it would any. */
async function untilToldToStop(): Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]);
  // Not waited for: it ends as aborted.
  stopped.abort();
}
