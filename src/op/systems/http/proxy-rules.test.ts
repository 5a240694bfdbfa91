import { describe, expect, it } from 'vitest';
import { proxyRules } from './proxy-rules.js';

const proxy = (url: string, env: Record<string, string>) => proxyRules(env)(new URL(url))?.url.href;
const both = { HTTPS_PROXY: 'http://proxy.test:3128', HTTP_PROXY: 'http://plain.test:80' };

describe('the proxy of an address', () => {
  it('is that of its protocol, in capitals or not', () => {
    expect(proxy('https://quay.test/v2/', both)).toBe('http://proxy.test:3128/');
    expect(proxy('http://quay.test/v2/', both)).toBe('http://plain.test/');
    expect(proxy('http://quay.test/v2/', { HTTPS_PROXY: 'http://proxy.test:3128' })).toBeUndefined();
    expect(proxy('https://quay.test/', { https_proxy: 'http://small.test:1' })).toBe('http://small.test:1/');
    expect(proxy('https://quay.test/', { HTTPS_PROXY: '', https_proxy: 'http://small.test:1' })).toBe(
      'http://small.test:1/',
    );
    expect(proxy('http://quay.test/', { ...both, REQUEST_METHOD: 'GET' })).toBeUndefined();
  });

  it('may be written without http, and with a user, which is sent to it alone', () => {
    expect(proxy('https://quay.test/', { HTTPS_PROXY: 'proxy.test:3128' })).toBe('http://proxy.test:3128/');
    expect(proxy('https://quay.test/', { HTTPS_PROXY: '10.0.0.1:3128' })).toBe('http://10.0.0.1:3128/');
    const found = proxyRules({ HTTPS_PROXY: 'https://ann:p%40ss@proxy.test' })(new URL('https://quay.test/'));
    expect(found?.url.href).toBe('https://proxy.test/');
    expect(found?.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
  });

  it('cannot be SOCKS, and the error does not print the password', () => {
    const rules = proxyRules({ HTTPS_PROXY: 'socks5://ann:s3cret@proxy.test:1080' });
    expect(() => rules(new URL('https://quay.test/'))).toThrow('cannot use the proxy socks5://proxy.test:1080');
    expect(rules(new URL('https://localhost:5000/'))).toBeUndefined();
  });

  it.each([
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://sub.example.com/', true],
    ['example.com', 'https://notexample.com/', false],
    ['.example.com', 'https://example.com/', false],
    ['.example.com', 'https://sub.example.com/', true],
    ['*.example.com', 'https://sub.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['example.com:5000', 'https://example.com:5000/', true],
    ['example.com:5000', 'https://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['EXAMPLE.com', 'https://example.COM/', true],
    [' example.com , other.test', 'https://other.test/', true],
    ['10.0.0.0/8', 'https://10.1.2.3:5000/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3:5000/', true],
    ['10.1.2.3:5000', 'https://10.1.2.3:5001/', false],
    ['10.1.2', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['fd00::1', 'https://[fd00::1]:5000/', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000/', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5001/', false],
    ['*', 'https://anything.test/', true],
    ['a.test,*', 'https://anything.test/', true],
    ['', 'https://localhost/', true],
    ['', 'https://127.1.2.3:5000/', true],
    ['', 'https://[::1]:5000/', true],
    ['', 'https://localhost.test/', false],
    [':5000', 'https://example.com:5000/', false],
    ['bücher.test', 'https://xn--bcher-kva.test/', true],
    ['com', 'https://example.com/', true],
    ['300.0.0.0/8', 'https://300.test/', false],
  ])('NO_PROXY=%s: %s is reached directly: %s', (noProxy, url, isDirect) => {
    expect(proxy(url, { ...both, NO_PROXY: noProxy }) === undefined).toBe(isDirect);
  });
});
