/**
 * A distinct secret in each place of the environment where secrets are found in practice; all outputs are
 * searched for all of them.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variables } from '../../../src/catalog/variables.ts';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../../lab/godrift.ts';
import { startReceiver } from '../../lab/receiver.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

/**
 * Forms of values that contain secrets, by the redaction of the variable; `secret()` returns the next secret.
 */
const forms: Readonly<Record<string, (secret: () => string) => readonly string[]>> = {
  'url-userinfo': (secret) => [
    `https://user:${secret()}@corp.example/go,https://dl.example/${secret()}/go?key=${secret()}`,
    `${secret()}@corp.example`,
  ],
  'linker-values': (secret) => [
    `-ldflags=-X=main.token=${secret()} '-asmflags=-D KEY=${secret()}' '-gcflags=all=-DKEY=${secret()}'`,
    `'-ldflags=-X main.a=${secret()} -extldflags "-DKEY=${secret()} -static"' '-toolexec=sh ${secret()}'`,
  ],
  'compiler-flags': (secret) => [
    `gcc -DKEY=${secret()} -D KEY=${secret()} '-DQ="${secret()} ${secret()}"' -Wp,-DW=${secret()}`,
    `env KEY=${secret()} gcc --token=${secret()} --key ${secret()}`,
  ],
  arguments: (secret) => [`/bin/helper --key=${secret()} ${secret()}`],
  whole: (secret) => [`http://user:${secret()}@proxy.example:3128/`],
  none: (secret) => [`https://user:${secret()}@corp.example/${secret()}`],
};

/** Variables that are not tested, because go would not run with a URL as their value. */
const without = new Set(['GOROOT', 'GOENV', 'GOPATH', 'GOMODCACHE', 'GOCACHE', 'GOTOOLCHAIN', 'GOWORK']);

interface Planted {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Returns an environment with secrets in all variables, in the given form. */
function planted(form: number, round: string): Planted {
  const secrets: string[] = [];
  const secret = () => {
    secrets.push(`s3cr3t${round}${secrets.length}x`);
    return secrets.at(-1) as string;
  };
  const env = variables
    .filter(({ name }) => !without.has(name))
    .map(({ name, secret: kind }) => {
      const made = forms[kind]?.(secret) ?? [];
      return [name, made[form % made.length] ?? ''] as const;
    });
  return { env: Object.fromEntries(env), secrets };
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());
}

/** Returns the secrets that a text contains. */
function leaked(text: string, { secrets }: Planted): readonly string[] {
  return secrets.filter((secret) => text.includes(secret));
}

async function commandsOutput(world: World, { env }: Planted): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const run = async (...args: readonly string[]) => {
    const { stdout, stderr } = await godrift(world, args, env);
    outputs[args.join(' ')] = stdout + stderr;
  };
  for (const format of ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'])
    await run('check', '--format', format);
  await run('check', '--fix-hints');
  await run('check', '--write-diff=x.diff', '--textfile', 'x.prom', '--output', 'x.txt');
  for (const file of ['x.prom', 'x.txt']) outputs[file] = readFileSync(join(world.workspace, file), 'utf8');
  await run('snapshot');
  await run('snapshot', '--portable');
  await run('snapshot', '--json');
  await run('baseline', 'show');
  await run('events', '--json');
  return outputs;
}

describe('secrets of the environment', async () => {
  const go = await ensureToolchain('1.26.0');

  it.each([0, 1])('appear in no output, state file or request, form %i', async (form) => {
    const world = makeWorld(go);
    writeFileSync(join(world.workspace, '.godrift.snapshot'), '#SNAPSHOT v1 2026-11-28T13:36:26.691Z\n');
    const first = planted(form, 'a');
    const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'x'], first.env);
    expect([accepted.exitCode, accepted.stderr]).toEqual([0, expect.any(String)]);
    const outputs = await commandsOutput(world, first);
    const receiver = await startReceiver();
    try {
      await godrift(world, ['check', '--notify', `${receiver.url}/hook`], first.env);
      const exporter = await startExporter(world, ['--log.level', 'debug'], {
        env: {
          ...first.env,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          // The exporter's own proxy is not under test.
          ...Object.fromEntries(
            ['HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'].map((name) => [name, '']),
          ),
        },
      });
      await eventually('spans', async () => receiver.received.some(({ path }) => path === '/v1/traces'));
      outputs['/metrics'] = await exporter.metrics();
      outputs['/'] = await (await fetch(`${exporter.url}/`)).text();
      outputs['targets'] = (await godrift(world, ['targets', '--json'])).stdout;
      expect(await exporter.stop()).toBe(0);
      outputs['log'] = exporter.output();
    } finally {
      await receiver.close();
    }
    for (const { path, body } of receiver.received) outputs[`sent to ${path}`] = body;
    for (const file of filesBelow(world.state)) outputs[file] = readFileSync(file, 'latin1');
    expect(Object.keys(outputs).filter((name) => name.includes('journal'))).not.toEqual([]);
    expect(
      Object.entries(outputs).flatMap(([name, text]) => leaked(text, first).map((one) => [name, one])),
    ).toEqual([]);
  });

  it('are reported as changed by check and serve, without either value', async () => {
    const world = makeWorld(go);
    const env = (round: string) => ({
      GOPROXY: `https://user:s3cr3t${round}@corp.example/go,direct`,
      CGO_CFLAGS: `-O2 -DKEY=s3cr3t${round}`,
      GOFLAGS: `-trimpath -ldflags=-X=main.key=s3cr3t${round}`,
    });
    await godrift(world, ['baseline', 'accept', '--reason', 'x'], env('old'));
    const same = await godrift(world, ['check', '--json'], env('old'));
    expect(JSON.parse(same.stdout).findings).toEqual([]);

    const changed = await godrift(world, ['check', '--json', '--write-diff=x.diff'], env('new'));
    expect(changed.exitCode).toBe(1);
    const { findings } = JSON.parse(changed.stdout);
    expect(findings.map(({ rule, key, level }: Record<string, string>) => [rule, key, level])).toEqual([
      ['changed', 'env.CGO_CFLAGS', 'minor'],
      ['changed', 'env.GOFLAGS', 'minor'],
      ['changed', 'env.GOPROXY', 'minor'],
    ]);
    expect(findings[2].expected).toBe('https://redacted@corp.example/go,direct');
    expect(findings[2].actual).toBe('https://redacted@corp.example/go,direct (redacted, changed)');
    expect(findings[2].fix).toBeUndefined();
    const diff = readFileSync(join(world.workspace, 'x.diff'), 'utf8');
    expect(diff).toContain('+env.GOPROXY=https://redacted@corp.example/go,direct (redacted, changed)');
    const portable = await godrift(world, ['snapshot', '--portable'], env('new'));
    const exporter = await startExporter(world, [], { env: env('new') });
    const page = await exporter.metrics();
    expect(await exporter.stop()).toBe(0);
    expect(page).toMatch(/godrift_drift_entry_info\{.*key="env\.GOPROXY".*\(redacted, changed\)"/);
    expect(changed.stdout + diff + portable.stdout + page).not.toMatch(
      /s3cr3t|\.secret|[0-9a-f]{8}:[0-9a-f]{64}/,
    );

    // A committed baseline contains no secret, but this host's accepted baseline has a keyed hash of it.
    writeFileSync(join(world.workspace, '.godrift.snapshot'), portable.stdout);
    const committed = await godrift(world, ['check', '--json'], env('new'));
    expect(JSON.parse(committed.stdout).findings.map(({ key }: { key: string }) => key)).toEqual([
      'env.CGO_CFLAGS',
      'env.GOFLAGS',
      'env.GOPROXY',
    ]);
    const back = await godrift(world, ['check', '--json'], env('old'));
    expect(JSON.parse(back.stdout).findings).toEqual([]);
  });

  it.each<[string, (key: string) => void]>([
    ['is truncated', (key) => writeFileSync(key, readFileSync(key).subarray(0, 5))],
    ['is a different one', (key) => writeFileSync(key, Buffer.alloc(32, 7))],
    ['is too long', (key) => writeFileSync(key, Buffer.alloc(33, 7))],
    ['is missing', (key) => rmSync(key)],
    [
      'is a directory',
      (key) => {
        rmSync(key);
        mkdirSync(key);
      },
    ],
  ])('are reported as possibly changed if the key of the state directory %s', async (_, harm) => {
    const world = makeWorld(go);
    const env = (round: string) => ({ GOPROXY: `https://user:s3cr3t${round}@corp.example/go,direct` });
    await godrift(world, ['baseline', 'accept', '--reason', 'x'], env('old'));
    harm(join(world.state, 'key'));
    for (const round of ['old', 'new']) {
      const check = await godrift(world, ['check'], env(round));
      expect(check.exitCode).toBe(1);
      expect(check.stdout).toContain('whether the hidden part of env.GOPROXY changed is not known');
      expect(check.stdout).toContain('baseline accept --reason');
    }
    // The visible part is still compared: a different proxy is reported.
    const other = await godrift(world, ['check', '--json'], { GOPROXY: 'https://corp.example/go,direct' });
    expect(JSON.parse(other.stdout).findings.map(({ key }: { key: string }) => key)).toEqual(['env.GOPROXY']);
  });

  it('are reported on each further change, while the first drift still lasts', async () => {
    const world = makeWorld(go);
    const published = join(world.home, 'environ');
    const publish = (round: string) => {
      writeFileSync(
        `${published}.new`,
        `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOPROXY=https://user:s3cr3t${round}@corp.example/go,direct\0`,
      );
      renameSync(`${published}.new`, published);
    };
    publish('one');
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      `targets: [{name: api, workspace: ${world.workspace}, environment: {from: file, path: ${published}}}]\n`,
    );
    const exporter = await startExporter(world, ['--interval', '200ms', '--config.file', config]);
    const page = await eventually('a baseline', async () => {
      const seen = await exporter.metrics();
      return seriesOf(seen, 'godrift_baseline_info', { kind: 'learned' }) === 1 ? seen : undefined;
    });
    expect(seriesOf(page, 'godrift_drift_level', { facet: 'env' })).toBe(0);
    const drifts = async () => {
      const { stdout } = await godrift(world, ['events', '--json']);
      const events = stdout
        .split('\n')
        .filter((line) => line.includes('env.GOPROXY'))
        .map((line) => JSON.parse(line));
      expect(stdout).not.toContain('s3cr3t');
      return new Set(events.map((event) => event.trace_id)).size;
    };
    const counted = async () =>
      seriesOf(await exporter.metrics(), 'godrift_changes_total', { facet: 'env', level: 'minor' });
    for (const [index, round] of ['two', 'three', 'four'].entries()) {
      publish(round);
      await eventually(`the change to ${round}`, async () => (await drifts()) === index + 1);
      await eventually('its count', async () => (await counted()) === index + 1);
    }
    publish('one');
    await eventually(
      'its end',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 0,
    );
    expect(await exporter.stop()).toBe(0);
  });
});
