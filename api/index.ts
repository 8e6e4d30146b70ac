/** The management API: a fetch handler for any server. */
export { createApi } from './create-api.ts';
export type { Api } from './create-api.ts';
export type { ApiOptions } from './api-options.ts';
export { listen } from './listen.ts';
export type { Listening, ListenOptions } from './listen.ts';
export type { AuthenticationOptions, OidcOptions } from './authenticate.ts';
export type { Grant, Principal } from './principal.ts';
export { permissions } from './permissions.ts';
export type { Permission, Role } from './permissions.ts';
export { toPermissionsTable } from './permissions-table.ts';
export type { RequestLine } from './serve.ts';
export { toOpenApi } from './openapi.ts';
export { routes } from './routes.ts';
export { makeToken } from './token.ts';
export type { NewToken } from './token.ts';
export type { ApiClient, ApiError, Read, Written } from './client.ts';
