import ipaddr from 'ipaddr.js';
import { Failure } from '../../contract/index.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A block of addresses: the first one and the number of leading bits they have in common. */
export type Range = [Address, number];

/**
 * Where clouds hand out credentials to whoever asks, and addresses that mean "this machine" or "everybody". Listed one
 * by one where they lie in ranges that an operator has good reason to allow.
 */
const neverReached: readonly Range[] = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure, an address that looks public
  '192.0.0.192/32', // Oracle
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'fe80::/10',
  'fd00:ec2::/32', // AWS
  'fd20:ce::254/128', // Google
  'ff00::/8',
].map((cidr) => ipaddr.parseCIDR(cidr));

/** IPv6 addresses that stand for an IPv4 one: `range()` calls them unicast, a host's kernel may not. */
const neverPublic: readonly Range[] = [ipaddr.parseCIDR('::/96')];

/** Reads the operator's ranges; one that nobody can read stops the worker instead of being left out. */
export function readRanges(cidrs: readonly string[]): readonly Range[] {
  return cidrs.map((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) {
      throw new Failure('model.misconfigured', `"${cidr}" is no address range; write it like 10.1.0.0/16.`);
    }
    return ipaddr.parseCIDR(cidr);
  });
}

/** The address a literal host names, or null where the host is a name. An IPv6 literal may stand in brackets. */
export function addressOf(host: string): Address | null {
  const literal = host.startsWith('[') ? host.slice(1, -1) : host;
  return ipaddr.isValid(literal) ? ipaddr.process(literal) : null;
}

/** Whether the operator opened this address. */
export function isAllowed(address: Address, allowed: readonly Range[]): boolean {
  return isIn(address, allowed) && !isNeverReached(address);
}

/** Whether anybody on the internet could reach it: not private, not this machine, no tunnel into either. */
export function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && !isIn(address, neverPublic) && !isNeverReached(address);
}

/** Both are the same machine where they are equal, or both loopback: all of 127.0.0.0/8 leads to one place. */
export function isSamePlace(one: Address, other: Address): boolean {
  const bothLoopback = one.range() === 'loopback' && other.range() === 'loopback';
  return bothLoopback || one.toNormalizedString() === other.toNormalizedString();
}

function isNeverReached(address: Address): boolean {
  const within = address.range() === 'loopback' ? null : tunnelled(address);
  return isIn(address, neverReached) || (within !== null && isIn(within, neverReached));
}

function isIn(address: Address, ranges: readonly Range[]): boolean {
  return ranges.some(([first, bits]) => address.kind() === first.kind() && address.match(first, bits));
}

/** The IPv4 address that an IPv6 address carries: NAT64 and old notations in the last four bytes, 6to4 in bytes three to six. */
function tunnelled(address: Address): Address | null {
  const bytes = address.toByteArray();
  if (address.range() === 'rfc6052' || isIn(address, neverPublic)) {
    return ipaddr.fromByteArray(bytes.slice(12, 16));
  }
  if (address.range() === '6to4') return ipaddr.fromByteArray(bytes.slice(2, 6));
  return null;
}
