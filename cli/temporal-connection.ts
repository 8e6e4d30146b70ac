import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { UserError } from './user-error.ts';

/** Where Temporal is, as Temporal's own environment variables and configuration file say. */
export interface TemporalPlace {
  readonly address: string;
  readonly namespace: string;
  client(): Promise<Client>;
  native(): Promise<NativeConnection>;
}

const remedy =
  'Set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_TLS, TEMPORAL_API_KEY where needed), or start one with `byom dev`.';

/** Reads `TEMPORAL_*` and the profile of Temporal's configuration file. Nothing is opened yet. */
export function findTemporal(): TemporalPlace {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const { address } = connectionOptions;
  if (address === undefined) throw new UserError(`No Temporal server is named. ${remedy}`);
  const opened = async <T>(open: () => Promise<T>): Promise<T> => {
    try {
      return await open();
    } catch {
      throw new UserError(`Temporal does not answer at ${address}. ${remedy}`);
    }
  };
  return {
    address,
    namespace,
    client: () =>
      opened(async () => {
        const { tls, apiKey, metadata } = connectionOptions;
        const options = {
          address,
          ...(tls === undefined ? {} : { tls }),
          ...(apiKey === undefined ? {} : { apiKey }),
        };
        const connection = await Connection.connect({
          ...options,
          ...(metadata === undefined ? {} : { metadata }),
        });
        return new Client({ connection, namespace });
      }),
    native: () => opened(() => NativeConnection.connect(connectionOptions)),
  };
}
