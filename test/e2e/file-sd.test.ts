/**
 * File-based service discovery: each exporter writes its own target file, so that a real Prometheus finds the
 * exporter while it runs and drops it afterwards.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { makeAuthority } from '../lab/certificates.ts';
import { eventually, godrift, makeWorld } from '../lab/godrift.ts';
import { startsExporters } from '../lab/running.ts';
import { startPrometheus } from '../lab/servers.ts';
import { startServing } from '../lab/serving.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const start = startsExporters();
const openssl = await onPath('openssl');

/** The scrape configuration of docs/configuration.md, with another directory and authority. */
function documented(directory: string, authority: string): object {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
  const [, example = ''] = /## Found by Prometheus[\s\S]*?```yaml\n([\s\S]*?)```/.exec(docs) ?? [];
  const changed = example
    .replace('/run/godrift/file_sd/', `${directory}/`)
    .replace('/etc/prometheus/godrift-ca.crt', authority);
  for (const wanted of [directory, authority]) if (!changed.includes(wanted)) throw new Error(`no ${wanted}`);
  return parse(changed);
}

it.skipIf(openssl === undefined)(
  `lists the exporter for Prometheus as long as the exporter runs${openssl === undefined ? ' (openssl is missing)' : ''}`,
  async () => {
    const directory = scratch('file-sd');
    const authority = await makeAuthority('authority of the test');
    const { cert, key } = await authority.sign('server', 'IP:127.0.0.1');
    const webFile = join(scratch('web'), 'web.yml');
    writeFileSync(webFile, stringify({ tls_server_config: { cert_file: cert, key_file: key } }));
    const plain = join(directory, 'plain.json');
    const exporter = await start(makeWorld(undefined), ['--file-sd', plain]);
    await startServing(makeWorld(undefined), webFile, [
      '--file-sd',
      join(directory, 'tls.json'),
      '--web.telemetry-path=/godrift',
    ]);
    const config = stringify({
      global: { scrape_interval: '1s' },
      ...documented(directory, authority.cert),
    });
    const prometheus = await startPrometheus({ config });
    onTestFinished(() => prometheus.stop());
    await eventually('both exporters to be up', async () => (await prometheus.query('up == 1')).length === 2);
    const urls = (await prometheus.targets()).map(({ scrapeUrl }) => scrapeUrl).sort();
    expect(urls).toEqual([
      `${exporter.url}/metrics`,
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/godrift$/),
    ]);
    expect(await prometheus.query('godrift_build_info')).toHaveLength(2);
    expect(statSync(plain).mode & 0o777).toBe(0o644);
    expect(readdirSync(directory).sort()).toEqual(['plain.json', 'tls.json']);

    expect(await exporter.stop()).toBe(0);
    expect(existsSync(plain)).toBe(false);
    await eventually(
      'only the other exporter to remain',
      async () => (await prometheus.targets()).length === 1,
    );
  },
);

it('refuses a file name that Prometheus would not read, and never overwrites a foreign file', async () => {
  const world = makeWorld(undefined);
  const refused = await godrift(world, ['config', 'check', '--file-sd', join(world.home, 'targets')]);
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('does not end in .json')]);
  const file = join(world.home, 'targets.json');
  const theirs = '[{"targets":["builder-1:9464"],"labels":{"team":"build"}}]\n';
  writeFileSync(file, theirs);
  const exporter = await start(world, ['--file-sd', file]);
  await eventually('the warning about the foreign file', async () =>
    exporter.output().includes('it holds something else than what godrift writes there'),
  );
  expect(await exporter.stop()).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(theirs);
});
