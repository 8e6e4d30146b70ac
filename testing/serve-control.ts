import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from './faults.ts';
import { checkRoute } from './check-route.ts';
import { readFault } from './read-fault.ts';
import { parseBody, readBytes } from './read-body.ts';
import type { TruthLog } from './truth-log.ts';
import { asRecord } from './wire/wire.ts';

/** Where other processes ask for faults and read the truth log. */
export const controlPath = '/__sandbox/';

export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  { log, faults }: { readonly log: TruthLog; readonly faults: Faults },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const route = url.searchParams.get('route') ?? undefined;
  switch (`${request.method} ${url.pathname.slice(controlPath.length)}`) {
    case 'POST faults': {
      const { route: asked, fault } = asRecord(parseBody(await readBytes(request)));
      try {
        faults.add(checkRoute(asked), readFault(fault));
      } catch (error) {
        const { message } = error as Error;
        return answer(response, 400, { error: `${message} Send {"route": …, "fault": {"kind": …}}.` });
      }
      return answer(response, 204);
    }
    case 'DELETE faults':
      faults.clear(route);
      return answer(response, 204);
    case 'GET log':
      return answer(
        response,
        200,
        log.entries.filter((entry) => route === undefined || entry.route === route),
      );
    default:
      return answer(response, 404, { error: 'Known here: POST faults, DELETE faults, GET log.' });
  }
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
