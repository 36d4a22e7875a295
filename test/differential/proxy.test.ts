/**
 * The proxy of a request compared with net/http of Go: for many values of the variables, each with many kinds
 * of addresses.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { proxyFromEnvironment } from '../../src/host/proxy-environment.ts';
import { ensureToolchain, runGo, scratch, testCache } from '../lab/toolchains.ts';

/** A Go program that prints the proxy of each address, `direct`, or `error`. */
const asker = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	for _, address := range os.Args[1:] {
		request, err := http.NewRequest("GET", address, nil)
		if err != nil {
			panic(err)
		}
		proxy, err := http.ProxyFromEnvironment(request)
		switch {
		case err != nil:
			fmt.Println("error")
		case proxy == nil:
			fmt.Println("direct")
		default:
			fmt.Println(proxy.Scheme + "://" + proxy.Host)
		}
	}
}
`;

const hosts = [
  'example.com',
  'EXAMPLE.com',
  'api.example.com',
  'notexample.com',
  'example.com.evil.test',
  'localhost',
  'a.localhost',
  '127.0.0.1',
  '127.9.9.9',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '10.1.2.3',
  '11.1.2.3',
  '192.168.1.77',
  '[2001:db8::1]',
  '[2001:db9::1]',
  '[::ffff:10.1.2.3]',
  'collector.monitoring.svc',
  'svc',
  'bücher.example',
];
const addresses = ['http', 'https'].flatMap((scheme) =>
  hosts.flatMap((host) => [`${scheme}://${host}/a`, `${scheme}://${host}:8443/`]),
);

const noProxies = [
  '',
  '*',
  'example.com',
  'EXAMPLE.COM',
  ' example.com , svc ',
  '.example.com',
  '*.example.com',
  'example.com:8443',
  'example.com:443,svc:80',
  '.svc,localhost',
  '10.0.0.0/8',
  '10.1.2.9/8,192.168.1.0/26',
  '10.0.0.0/33',
  '10.1.2.3',
  '10.1.2.3:8443',
  '2001:db8::/32',
  '2001:db8::1',
  '[2001:db8::1]:8443',
  '[2001:db8::1]',
  '::ffff:10.1.2.3',
  ',,',
  ':80',
  'example.com example.org',
  '*example.com',
  'bücher.example',
  'xn--bcher-kva.example',
  '**',
  '.',
];
const proxies = {
  HTTP_PROXY: 'http://plain.test:3128',
  HTTPS_PROXY: 'https://me:secret@tls.test:3129',
};
const environments: readonly Readonly<Record<string, string>>[] = [
  ...noProxies.map((NO_PROXY) => ({ ...proxies, NO_PROXY })),
  ...noProxies.slice(2, 4).map((no_proxy) => ({ ...proxies, no_proxy })),
  {},
  { http_proxy: 'lower.test:1', HTTPS_PROXY: 'upper.test' },
  { http_proxy: 'http://lower.test', HTTP_PROXY: 'http://upper.test', https_proxy: 'HTTP://b.test' },
  { HTTP_PROXY: '', http_proxy: 'http://lower.test' },
  { HTTPS_PROXY: 'http://only.test' },
  { ALL_PROXY: 'http://all.test' },
  { ...proxies, NO_PROXY: '', no_proxy: 'example.com' },
  { ...proxies, NO_PROXY: 'svc', no_proxy: 'example.com' },
];

it('proxyFromEnvironment chooses the same proxy as net/http for every address and environment', async () => {
  const go = await ensureToolchain('1.27.4');
  const folder = scratch('proxy');
  writeFileSync(join(folder, 'go.mod'), 'module example.com/asker\n\ngo 1.21\n');
  writeFileSync(join(folder, 'main.go'), asker);
  const built = await runGo(go, ['build', '-o', 'asker', '.'], {
    cwd: folder,
    env: { GOCACHE: join(testCache(), 'go-build') },
  });
  expect(built.stderr).toBe('');
  for (const env of environments) {
    const { stdout } = await execa(join(folder, 'asker'), addresses, { env: { ...env }, extendEnv: false });
    const proxyFor = proxyFromEnvironment(new Map(Object.entries(env)));
    const own = addresses.map((address) => {
      const choice = proxyFor(new URL(address));
      if (choice === undefined) return `${address} direct`;
      return `${address} ${'why' in choice ? 'error' : `${choice.proxy.protocol}//${choice.proxy.host}`}`;
    });
    const theirs = stdout.split('\n').map((answer, index) => `${addresses[index]} ${answer}`);
    expect(own, JSON.stringify(env)).toEqual(theirs);
  }
});
