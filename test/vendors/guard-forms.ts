/** One way to write an address that nobody outside may make us reach. */
export interface Form {
  /** Without the port. */
  readonly host: string;
  /** Whether it leads to this machine when nobody is on guard: then the listeners prove it. */
  readonly leadsHere: boolean;
}

const here = (...hosts: readonly string[]): readonly Form[] =>
  hosts.map((host) => ({ host, leadsHere: true }));
const elsewhere = (...hosts: readonly string[]): readonly Form[] =>
  hosts.map((host) => ({ host, leadsHere: false }));

/** This machine, in numbers (WHATWG URL, section 3.5: parts may be octal or hexadecimal, and fewer than four). */
const numbers = here(
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '127.000.000.001',
  '127.0x0.0.01',
  '2130706433',
  '2130706433.',
  '0x7f000001',
  '0X7F000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '0x7F.0x0.0x0.0x1',
  '0x0000007f.1',
  '0177.0.0.1',
  '0177.1',
  '017700000001',
  '00000000177.0.0.01',
  '127.0.0.0x1',
  '0',
  '0.0.0.0',
  '0x0',
  '0.0',
);

/** Characters that become digits, dots and letters when a name is made ASCII (UTS #46). */
const unicode = here(
  '１２７.０.０.１',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '①②⑦.⓪.⓪.①',
  '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
  '¹²⁷.⁰.⁰.¹',
  '０ｘ7f.1',
  '127.0.0.1\u00AD',
  '127.0.0.\u200B1',
  'ｌｏｃａｌｈｏｓｔ',
  'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  '𝐥𝐨𝐜𝐚𝐥𝐡𝐨𝐬𝐭',
  'local\u00ADhost',
  'localhoſt',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '127%E3%80%820%E3%80%820%E3%80%821',
  '%6c%6F%63alhost',
  'local\thost',
  '127.0.\n0.1',
);

const names = here(
  'localhost',
  'LOCALHOST',
  'localhost.',
  'localhost.localdomain',
  'ip6-localhost',
  'ip6-loopback',
  'anything.localhost',
  '127.0.0.1.nip.io',
  '7f000001.nip.io',
  'app.127-0-0-1.sslip.io',
  'localtest.me',
  'lvh.me',
  'host.docker.internal',
  'kubernetes.default.svc',
  'xn--80ak6aa92e.example',
  'api.openai.com.attacker.example',
  '1.2.3.4.attacker.example',
);

const version6 = [
  ...here(
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::0001]',
    '[::0.0.0.1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:7F00:0001]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::ffff:0.0.0.0]',
  ),
  ...elsewhere(
    '[::127.0.0.1]', // compatible, deprecated
    '[::ffff:0:127.0.0.1]', // translated (RFC 2765)
    '[64:ff9b::127.0.0.1]', // NAT64
    '[64:ff9b::a00:1]',
    '[64:ff9b:1::7f00:1]', // NAT64 within a site (RFC 8215)
    '[2002:7f00:1::]', // 6to4
    '[2002:a00:1::1]',
    '[2001:0:7f00:1::]', // Teredo
    '[fe80::1]',
    '[fe80::5efe:7f00:1]',
    '[fc00::1]',
    '[fd12:3456:789a::1]',
    '[fec0::1]', // site-local, deprecated
    '[100::1]',
    '[2001:db8::1]',
    '[2001:2::1]',
    '[2001:10::1]',
    '[2001:20::1]',
    '[ff02::1]',
    '[ff0e::1]',
    // Zones: not even a URL.
    '[::1%lo]',
    '[::1%25lo]',
    '[fe80::1%25eth0]',
  ),
];

const privateRanges = elsewhere(
  '0.0.0.1',
  '127.0.0.2',
  '127.255.255.254',
  '10.0.0.1',
  '10.255.255.255',
  '0xa.1',
  '167772161',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '0300.0250.1',
  '3232235777',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
);

/** Where clouds hand out credentials; the last ones are names of theirs. */
export const metadata = elsewhere(
  '169.254.169.254', // AWS, Google, Azure, Oracle, DigitalOcean
  '2852039166',
  '0xa9fea9fe',
  '0xA9.0xFE.0xA9.0xFE',
  '0251.0376.0251.0376',
  '025177524776',
  '169.254.43518',
  '169.16689662',
  '１６９.２５４.１６９.２５４',
  '169。254。169。254',
  '169.254.169.254.',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[::169.254.169.254]',
  '[64:ff9b::169.254.169.254]',
  '[2002:a9fe:a9fe::]',
  '169.254.169.253',
  '169.254.169.249',
  '169.254.170.2', // ECS
  '169.254.170.23', // EKS
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
  '[fd20:ce::254]', // Google
  '168.63.129.16', // Azure
  '0xa83f8110',
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  '169.254.0.23', // Tencent
  'metadata.google.internal',
  'metadata',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
);

export const forms: readonly Form[] = [
  ...numbers,
  ...unicode,
  ...names,
  ...version6,
  ...privateRanges,
  ...metadata,
];

/** Whole URLs that say one host and mean another; all of them mean this machine. */
export function misleadingUrls(port: number): readonly string[] {
  return [
    `http://user@127.0.0.1:${port}/`,
    `http://user:password@127.0.0.1:${port}/`,
    `http://api.openai.com@127.0.0.1:${port}/`,
    `http://api.openai.com:443@localhost:${port}/`,
    `http://api.openai.com%2f@127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}\\@api.openai.com/`,
    `http://127.0.0.1:${port}?@api.openai.com/`,
    `http://127.0.0.1:${port}#@api.openai.com/`,
    `http://127.0.0.1:${port}/api.openai.com/`,
    `http://127.0.0.1:${port}/../../v1`,
    `http:\\\\127.0.0.1:${port}\\v1`,
    `http:/\\127.0.0.1:${port}/`,
    `http:/127.0.0.1:${port}/`,
    `http:127.0.0.1:${port}/`,
    `http:////127.0.0.1:${port}/`,
    `HTTP://127.0.0.1:${port}/`,
    `ht\ttp://127.0.0.1:${port}/`,
    ` http://127.0.0.1:${port}/ `,
    `\u0000http://127.0.0.1:${port}/`,
    `http://127.0.0.1:000${port}/`,
    `http://127.0.0.1:${String(port).slice(0, 2)}\n${String(port).slice(2)}/`,
  ];
}
