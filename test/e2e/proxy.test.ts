/**
 * Outgoing requests use the proxy of the environment: notifications of the built
 * `check` and spans of the built exporter.
 */
import { writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, makeWorld, startExporter } from '../lab/godrift.ts';
import { startProxy } from '../lab/proxy.ts';
import { startReceiver } from '../lab/receiver.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function opened<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const one = await starting;
  open.push(one);
  return one;
}

const pinned = { 'go.mod': 'module example.com/app\n\ngo 1.21\n', '.go-version': '1.26\n' };

it('a notification uses HTTP_PROXY and has a User-Agent of godrift', async () => {
  const world = makeWorld(go127, pinned);
  const receiver = await opened(startReceiver());
  const proxy = await opened(startProxy());
  const { port } = new URL(receiver.url);
  const args = ['check', '--quiet', '--notify', `webhook+http://hooks.test:${port}/hook`];
  const { stderr } = await godrift(world, args, { HTTP_PROXY: proxy.url, NO_PROXY: '.svc' });
  expect(stderr).toBe('');
  expect(proxy.asked).toEqual([`POST http://hooks.test:${port}/hook`]);
  expect(receiver.received[0]?.headers['user-agent']).toMatch(/^godrift\/\d+\.\d+\.\d+/);
});

it('an https notification that the proxy refuses is one line on stderr, without password or secret path', async () => {
  const world = makeWorld(go127, pinned);
  const proxy = await opened(startProxy(403));
  const args = ['check', '--quiet', '--notify', 'webhook+https://hooks.test/s3cret'];
  const { stderr, exitCode } = await godrift(world, args, {
    https_proxy: proxy.url.replace('//', '//me:pa55@'),
    // Common proxy packages would print the proxy's address with this setting.
    DEBUG: '*',
  });
  expect(stderr).not.toMatch(/pa55|s3cret/);
  expect(stderr).toContain('could not notify webhook at hooks.test: it answered 403; the verdict stands');
  expect(proxy.asked).toEqual(['CONNECT hooks.test:443']);
  expect(exitCode).toBe(1);
});

it('spans use HTTP_PROXY', async () => {
  const world = worldWithGoenv(go127, '');
  await accept(world);
  const receiver = await opened(startReceiver(() => ({ body: '{}' })));
  const proxy = await opened(startProxy());
  const { port } = new URL(receiver.url);
  const env = {
    HTTP_PROXY: proxy.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector.test:${port}`,
  };
  const exporter = await startExporter(world, [], { env });
  open.push({ close: async () => void (await exporter.stop()) });
  writeFileSync(goenvOf(world), 'GOFLAGS=-mod=mod\n');
  await eventually('the spans', async () => receiver.received.length > 0);
  expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/v1/traces' });
  expect(proxy.asked[0]).toBe(`POST http://collector.test:${port}/v1/traces`);
});
