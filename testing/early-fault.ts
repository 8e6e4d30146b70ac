import { sendJson, sendProblem } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { retryAfterHeader } from './faults.ts';
import type { Fault, StatusFault } from './faults.ts';

/** Lets a fault happen that is the whole answer. False where the fault is one of the answer itself. */
export function happensEarly(fault: Fault, exchange: Exchange): boolean {
  switch (fault.kind) {
    case 'silence':
      return true;
    case 'refuse-connection':
      exchange.cut('reset');
      return true;
    case 'status':
      sendStatus(exchange, fault);
      return true;
    case 'require-key':
      sendProblem(exchange, 401, {
        code: 'invalid_api_key',
        // The real vendor quotes the end of the key, so whoever logs a vendor's messages is found out here too.
        message: `Incorrect API key provided: ***${exchange.key?.slice(-4) ?? ''}.`,
      });
      return true;
    case 'refuse-mode':
      sendProblem(exchange, 400, {
        param: exchange.wire.modeParameter,
        message: `Invalid parameter: '${exchange.wire.modeParameter}' of type '${fault.modes.join("' or '")}' is not supported with this model.`,
      });
      return true;
    default:
      return false;
  }
}

function sendStatus(exchange: Exchange, { status, code, retryAfter, headers, body }: StatusFault): void {
  if (retryAfter !== undefined) exchange.response.setHeader(...retryAfterHeader(retryAfter));
  for (const [name, value] of Object.entries(headers ?? {})) exchange.response.setHeader(name, value);
  if (body !== undefined) return sendJson(exchange, status, body);
  sendProblem(exchange, status, { code: code ?? null, message: `The sandbox was told to answer ${status}.` });
}
