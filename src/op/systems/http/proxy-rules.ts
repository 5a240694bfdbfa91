import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { inputError } from '../../kit/errors/op-error.js';

/** An HTTP proxy. */
export interface HttpProxy {
  /** Without the user and the password. */
  readonly url: URL;
  /** `Proxy-Authorization`, if the address has a user. */
  readonly authorization: string | undefined;
}

/** The proxy for an address; undefined: it is reached directly. */
export type ProxyRules = (url: URL) => HttpProxy | undefined;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or the same in lower case, by the rules of the tools that op runs.
 * Source of the rules: golang.org/x/net/http/httpproxy, which crane and kubectl use.
 * @throws OpError (input) for a proxy that op cannot use, such as SOCKS, when it is needed
 */
export function proxyRules(env: Env): ProxyRules {
  const given = (name: string) => env[name] || env[name.toLowerCase()] || '';
  const secure = given('HTTPS_PROXY');
  // In a CGI program, HTTP_PROXY comes from the header Proxy of a request.
  const plain = env.REQUEST_METHOD ? '' : given('HTTP_PROXY');
  const isExcluded = exclusions(given('NO_PROXY'));
  return (url) => {
    const address = url.protocol === 'https:' ? secure : plain;
    return address === '' || isExcluded(url) ? undefined : parseProxy(address);
  };
}

function parseProxy(address: string): HttpProxy {
  const url = URL.canParse(address) && new URL(address).host !== '' ? new URL(address) : hostOnly(address);
  if (url === undefined || !/^https?:$/u.test(url.protocol)) throw unusable(address);
  const { username, password } = url;
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return { url: bare, authorization: username === '' && password === '' ? undefined : `Basic ${login}` };
}

const hostOnly = (address: string): URL | undefined =>
  URL.canParse(`http://${address}`) ? new URL(`http://${address}`) : undefined;

const unusable = (address: string) =>
  inputError({
    what: `cannot use the proxy ${address.replace(/\/\/[^/]*@/u, '//')}`,
    why: 'it is no http or https URL, and no HOST:PORT',
    hint: 'correct HTTPS_PROXY or HTTP_PROXY, or name the hosts that need no proxy in NO_PROXY',
  });

/** A rule of NO_PROXY. */
type Rule = (host: string, port: string) => boolean;

const ports: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function exclusions(text: string): (url: URL) => boolean {
  const rules = text.split(',').map((part) => ruleOf(part.trim().toLowerCase()));
  return (url) => {
    const host = (domainToASCII(url.hostname) || url.hostname).replace(/^\[|\]$/gu, '').toLowerCase();
    return isThisMachine(host) || rules.some((rule) => rule(host, url.port || (ports[url.protocol] ?? '')));
  };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
const isThisMachine = (host: string) => host === 'localhost' || isIn(loopback, host);

function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

const never: Rule = () => false;

function ruleOf(part: string): Rule {
  if (part === '*') return () => true;
  const network = networkOf(part);
  if (network !== undefined) return (host) => isIn(network, host);
  const [name, port] = split(part);
  if (name === '') return never;
  const isPort = (asked: string) => port === '' || port === asked;
  if (isIP(name) !== 0) {
    const list = new BlockList();
    list.addAddress(name, isIP(name) === 4 ? 'ipv4' : 'ipv6');
    return (host, asked) => isIn(list, host) && isPort(asked);
  }
  // `example.com` is the name and what is below; `.example.com` and `*.example.com` only what is below.
  const below = name.startsWith('*.') ? name.slice(1) : name;
  const suffix = ascii(below.startsWith('.') ? below : `.${below}`);
  const isSelf = (host: string) => !below.startsWith('.') && host === suffix.slice(1);
  return (host, asked) => isIP(host) === 0 && (host.endsWith(suffix) || isSelf(host)) && isPort(asked);
}

const ascii = (suffix: string) => `.${domainToASCII(suffix.slice(1)) || suffix.slice(1)}`;

/** `HOST:PORT`, `[IPV6]:PORT` or a host. */
function split(part: string): readonly [host: string, port: string] {
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(\d*))?$/u.exec(part) ?? [];
  if (bracketed !== undefined) return [bracketed, bracketedPort ?? ''];
  const [, host, port] = /^([^:]*):([^:]*)$/u.exec(part) ?? [];
  return host === undefined ? [part, ''] : [host, port ?? ''];
}

function networkOf(part: string): BlockList | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/u.exec(part) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(length) > (version === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(length), version === 4 ? 'ipv4' : 'ipv6');
  return list;
}
