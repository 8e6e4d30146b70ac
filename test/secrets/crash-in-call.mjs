// Loaded before `byom worker`: a bug that strikes in the middle of a call, right where the request with its key has been
// written. Nobody catches it.
import { subscribe } from 'node:diagnostics_channel';

subscribe('undici:request:bodySent', () => {
  throw new Error('A bug in the middle of a call.');
});
