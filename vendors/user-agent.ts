/** What every request of ours says it comes from: neither the machine nor the versions on it. */
export const userAgent = 'pipe-byom';
