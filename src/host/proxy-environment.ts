/**
 * Chooses the proxy of a request by environment variables as Go's net/http does
 * (golang.org/x/net/http/httpproxy), so that a host set up for Go programs works for godrift: HTTP_PROXY and
 * HTTPS_PROXY by the scheme of the address, upper case before lower case; NO_PROXY with domains, addresses,
 * CIDR blocks and ports; never a proxy for this machine itself. Compared with Go in
 * test/differential/proxy.test.ts.
 */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/**
 * A proxy, undefined for a direct connection, or why none is possible, without the address, which may hold a
 * password.
 */
export type ProxyChoice = { readonly proxy: URL } | { readonly why: string } | undefined;

/** Returns the choice for an http or https address. */
export type ProxyFor = (url: URL) => ProxyChoice;

/** Destination of a request. */
interface Place {
  /** In lower case, without the brackets of IPv6. */
  readonly host: string;
  readonly port: string;
}

type Matcher = (place: Place) => boolean;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

/** Parses an entry such as `10.0.0.0/8`; undefined if it is not a CIDR block. */
function blockMatcher(entry: string): Matcher | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (bits === '' || Number(bits) > most) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return ({ host }) => contains(list, host);
}

/** Splits an entry as net.SplitHostPort does; without a port the whole entry is the host. */
function splitPort(entry: string): Place {
  const [, bracketed, bare, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(entry) ?? [];
  return port === undefined ? { host: entry, port: '' } : { host: bracketed ?? bare ?? '', port };
}

/** Returns what one entry of NO_PROXY exempts; undefined if nothing. */
function matcherOf(entry: string): Matcher | undefined {
  if (entry === '*') return () => true;
  const block = blockMatcher(entry);
  if (block !== undefined) return block;
  const { host: name, port: wanted } = splitPort(entry);
  if (name === '') return undefined;
  const atPort = (port: string) => wanted === '' || wanted === port;
  if (isIP(name) !== 0) {
    const list = new BlockList();
    list.addAddress(name, familyOf(name));
    return ({ host, port }) => atPort(port) && contains(list, host);
  }
  const [, isSuffix = '', domain = ''] = /^(\*?\.)?(.*)$/s.exec(name) ?? [];
  const ascii = domainToASCII(domain) || domain;
  return ({ host, port }) =>
    atPort(port) && (host.endsWith(`.${ascii}`) || (isSuffix === '' && host === ascii));
}

const isMatcher = (matcher: Matcher | undefined): matcher is Matcher => matcher !== undefined;

/** Parses the value of a proxy variable; undefined if it is empty. */
function choiceOf(text: string): ProxyChoice {
  if (text === '') return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return { why: 'the proxy in the environment is not a URL' };
  const proxy = new URL(whole);
  if (!['http:', 'https:'].includes(proxy.protocol))
    return { why: 'the proxy in the environment is not an http or https URL' };
  return { proxy };
}

const defaultPort: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Reads the variables once, and returns the chooser. */
export function proxyFromEnvironment(env: ReadonlyMap<string, string>): ProxyFor {
  const get = (name: string) => env.get(name) || env.get(name.toLowerCase()) || '';
  const choices: Readonly<Record<string, ProxyChoice>> = {
    'http:': choiceOf(get('HTTP_PROXY')),
    'https:': choiceOf(get('HTTPS_PROXY')),
  };
  const exceptions = get('NO_PROXY')
    .split(',')
    .map((entry) => matcherOf(entry.trim().toLowerCase()))
    .filter(isMatcher);
  return ({ protocol, hostname, port }) => {
    const place = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || (defaultPort[protocol] ?? ''),
    };
    const isHere = place.host === 'localhost' || contains(loopback, place.host);
    return isHere || exceptions.some((matches) => matches(place)) ? undefined : choices[protocol];
  };
}
