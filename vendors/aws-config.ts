/**
 * All that Amazon's SDKs would otherwise read from the worker's environment or from files in its `~/.aws`, beside region,
 * endpoint, credential and scheme.
 */
export const awsConfig = {
  defaultsMode: 'standard',
  disableClockSkewCorrection: true,
  maxAttempts: 1,
  retryMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  userAgentAppId: '',
} as const;
