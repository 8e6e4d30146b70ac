/**
 * What a credential is bound to where an admin types the URL: `openai:https://api.openai.com:443/v1`. Two spellings of one
 * address are one audience.
 */
export function audienceOf(vendor: string, baseUrl: string): string {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const explicitPort = port || (protocol === 'https:' ? '443' : '80');
  return `${vendor}:${protocol}//${hostname}:${explicitPort}${pathname.replace(/\/+$/, '')}`;
}
