import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { UserError } from './user-error.ts';

/** Where Temporal is, as Temporal's own environment variables and configuration file say. */
export interface TemporalPlace {
  readonly address: string;
  readonly namespace: string;
  /** `dataConverter` is the host's own, where it has one. */
  client(dataConverter?: DataConverter): Promise<Client>;
  native(): Promise<NativeConnection>;
}

const remedy =
  'Set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_TLS, TEMPORAL_API_KEY where needed), or start one with `byom dev`.';

/**
 * Reads `TEMPORAL_*` and the profile of Temporal's configuration file. Nothing is opened yet; what is opened later throws
 * `UserError` where there is no server, no such namespace, or no access.
 */
export function findTemporal(): TemporalPlace {
  const place = findNamedTemporal();
  if (place === null) throw new UserError(`No Temporal server is named. ${remedy}`);
  return place;
}

/** The same; null where none is named, for what can do without. */
export function findNamedTemporal(): TemporalPlace | null {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const { address } = connectionOptions;
  if (address === undefined) return null;
  const place = { address, namespace };
  return {
    ...place,
    async client(dataConverter) {
      const { tls, apiKey, metadata } = connectionOptions;
      const options = {
        address,
        ...(tls === undefined ? {} : { tls }),
        ...(apiKey === undefined ? {} : { apiKey }),
        ...(metadata === undefined ? {} : { metadata }),
      };
      const connection = await opened(place, () => Connection.connect(options));
      return new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
    },
    async native() {
      // Only a worker needs Temporal's native core.
      const worker = await import('@temporalio/worker');
      return opened(place, () => worker.NativeConnection.connect(connectionOptions));
    },
  };
}

type Place = Pick<TemporalPlace, 'address' | 'namespace'>;
type Opened = Connection | NativeConnection;

async function opened<T extends Opened>(place: Place, open: () => Promise<T>): Promise<T> {
  const { address, namespace } = place;
  let connection: T;
  try {
    connection = await open();
  } catch {
    throw new UserError(`Temporal does not answer at ${address}. ${remedy}`);
  }
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return connection;
  } catch (error) {
    await connection.close();
    throw new UserError(explain(error, place));
  }
}

/** gRPC's codes; its own words may quote anything. */
const notFound = 5;
const denied = [7, 16];

function explain(error: unknown, { address, namespace }: Place): string {
  const { code } = error as { readonly code?: unknown };
  if (code === notFound)
    return `Temporal at ${address} has no namespace ${namespace}: correct TEMPORAL_NAMESPACE, or create it with \`temporal operator namespace create --namespace ${namespace}\`.`;
  if (denied.some((one) => one === code))
    return `Temporal at ${address} refuses access to namespace ${namespace}: set TEMPORAL_API_KEY or TEMPORAL_TLS_… to what it accepts.`;
  return `Temporal does not answer at ${address}. ${remedy}`;
}
