// docker-compose.yml and the files that it mounts. No engine runs here: the real compose program parses the
// file, and its content is compared with what other tests cover: configurations, flags of the real servers,
// options of the exporter, the stage of `godrift demo`.
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { sandboxEnvironment } from '../../src/demo/sandbox.ts';
import { composeFiles } from '../../src/demo/shipped.ts';
import { findCompose } from '../lab/compose.ts';
import { godrift, makeWorld } from '../lab/godrift.ts';
import { ensureServer } from '../lab/servers.ts';
import { scratch } from '../lab/toolchains.ts';

const root = join(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly user: string;
  readonly command: string[] | null;
  readonly entrypoint: string[] | null;
  readonly read_only: boolean;
  readonly cap_drop: string[];
  readonly security_opt: string[];
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly restart: string;
  readonly profiles?: string[];
  readonly ports?: { readonly host_ip: string; readonly target: number }[];
  readonly healthcheck?: { readonly test: string[] };
  readonly environment?: Record<string, string>;
  readonly volumes?: {
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
}

const compose = await findCompose();

describe.skipIf(compose === undefined)(
  'docker-compose.yml (needs docker compose 2, or apt-get of Debian)',
  () => {
    let services: Readonly<Record<string, Service>>;
    const service = (name: string): Service => services[name] as Service;

    beforeAll(async () => {
      const [program = '', ...args] = compose ?? [];
      const config = [...args, '--profile', 'drift', 'config', '--format', 'json'];
      const { stdout } = await execa(program, config, { cwd: root });
      services = (JSON.parse(stdout) as { services: Record<string, Service> }).services;
    });

    it('is accepted by the real compose program, which refuses a misspelt key', async () => {
      const [program = '', ...args] = compose ?? [];
      expect(Object.keys(services).sort()).toEqual(
        ['alertmanager', 'drift', 'exporter', 'grafana', 'heal', 'jaeger', 'prometheus', 'sink'].sort(),
      );
      const broken = text('docker-compose.yml').replace('interval: 5s', 'intervall: 5s');
      const run = await execa(program, [...args, '-f', '-', 'config', '-q'], {
        cwd: root,
        input: broken,
        reject: false,
      });
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain('intervall');
    });

    it('hardens every container', () => {
      for (const [name, one] of Object.entries(services)) {
        expect(one, name).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
        expect(one.security_opt, name).toContain('no-new-privileges:true');
        expect(one.user, name).toMatch(/^[1-9]\d*:\d+$/);
        expect(Number(one.mem_limit), name).toBeLessThanOrEqual(2 ** 30);
        expect(one.pids_limit, name).toBeLessThanOrEqual(256);
        expect(one.privileged, name).toBeUndefined();
        for (const port of one.ports ?? []) expect(port.host_ip, name).toBe('127.0.0.1');
        for (const mount of one.volumes ?? []) {
          if (mount.type === 'bind') expect(mount.read_only, `${name} ${mount.target}`).toBe(true);
        }
        const acts = one.profiles?.includes('drift') === true;
        if (acts) expect(one, name).toMatchObject({ network_mode: 'none', restart: 'no' });
        else expect(one.healthcheck?.test[0], name).toBe('CMD');
      }
      // The exporter writes only its own state and the files that a rollback restores.
      expect(
        service('exporter')
          .volumes?.map(({ target }) => target)
          .sort(),
      ).toEqual(['/stage', '/var/lib/godrift']);
    });

    it('pins the version of every image that it does not build', () => {
      for (const [name, { image, build }] of Object.entries(services)) {
        if (build === undefined) expect(image, name).toMatch(/:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/);
        else expect(build.target, name).toBe('demo');
      }
    });

    it('mounts existing files, namely those that other tests cover', () => {
      const mounts = Object.fromEntries(
        Object.entries(services).map(([name, one]) => [
          name,
          Object.fromEntries(
            (one.volumes ?? [])
              .filter(({ type }) => type === 'bind')
              .map(({ source, target }) => [target, relative(root, source)]),
          ),
        ]),
      );
      for (const files of Object.values(mounts)) {
        for (const file of Object.values(files)) expect(existsSync(join(root, file)), file).toBe(true);
      }
      expect(mounts['prometheus']).toEqual({
        '/etc/prometheus/prometheus.yml': 'demo/prometheus.yml',
        '/etc/prometheus/rules': 'prometheus/rules',
      });
      expect(mounts['alertmanager']).toEqual({
        '/etc/alertmanager/alertmanager.yml': 'demo/alertmanager.yml',
        '/etc/alertmanager/templates': 'prometheus/templates',
      });
      expect(mounts['grafana']).toEqual({
        '/etc/grafana/provisioning/datasources': 'grafana/provisioning/datasources',
        '/etc/grafana/provisioning/dashboards': 'grafana/provisioning/dashboards',
        '/etc/grafana/dashboards': 'grafana/dashboards',
      });
      // The configuration that `godrift demo` gives its Jaeger.
      expect(mounts['jaeger']).toEqual({ '/etc/jaeger/jaeger.yml': 'demo/jaeger.yml' });
    });

    it('gives each server only flags that the real one knows', async () => {
      for (const name of ['prometheus', 'alertmanager', 'jaeger'] as const) {
        const { all } = await execa(await ensureServer(name), ['--help'], { all: true, reject: false });
        for (const argument of service(name).command ?? []) {
          const flag = argument.split('=')[0] as string;
          expect(all, `${name} ${flag}`).toMatch(new RegExp(`${flag}\\b`));
        }
      }
      const [, tool, ...question] = service('prometheus').healthcheck?.test ?? [];
      expect(tool).toBe('promtool');
      const asked = [...question.slice(0, -1), '--url=http://127.0.0.1:1'];
      const { all } = await execa(await ensureServer('promtool'), asked, { all: true, reject: false });
      expect(all).toContain('connection refused');
    });

    it('gives the exporter and the receiver valid options, and the exporter a valid configuration', async () => {
      const world = makeWorld(undefined);
      for (const [name, words] of [
        ['exporter', ['serve']],
        ['sink', ['demo', 'sink']],
      ] as const) {
        const command = service(name).command ?? [];
        expect(command.slice(0, words.length)).toEqual(words);
        const { stdout } = await godrift(world, [...words, '--help']);
        for (const flag of command.slice(words.length)) expect(stdout).toContain(flag.split('=')[0]);
      }
      await mkdir(join(world.home, 'work'));
      await cp(join(root, 'demo/workspace'), join(world.home, 'work/app'), { recursive: true });
      await cp(join(root, 'demo/godrift.yml'), join(world.home, 'godrift.yml'));
      const check = await godrift(world, [
        'config',
        'check',
        '--config.file',
        join(world.home, 'godrift.yml'),
      ]);
      expect(check.exitCode, check.stderr).toBe(0);
    });

    it('sends scrapes, alerts, messages, spans and queries to the names and ports of its services', () => {
      const expected = new Set([
        'exporter:9464',
        'prometheus:9090',
        'alertmanager:9093',
        'sink:9099',
        'jaeger:4318',
        'jaeger:16686',
      ]);
      const peers = [
        text('demo/prometheus.yml'),
        text('demo/alertmanager.yml'),
        text('grafana/provisioning/datasources/godrift.yml').replaceAll(/localhost:\d+/g, ''),
        ...Object.values(service('exporter').environment ?? {}),
      ].flatMap((one) =>
        [...one.matchAll(/(?:- |http:\/\/)([a-z]+:\d+)(?=[/\s]|$)/gm)].map(([, peer]) => peer),
      );
      expect(new Set(peers)).toEqual(expected);
      for (const peer of expected) expect(Object.keys(services)).toContain(peer.split(':')[0]);
    });
  },
);

describe('the configurations of the compose demo', () => {
  it('are the shipped ones, as npm run docs adapts them', () => {
    const made = composeFiles({
      prometheus: text('prometheus/prometheus.yml'),
      alertmanager: text('prometheus/alertmanager.yml'),
    });
    for (const [file, content] of Object.entries(made)) expect(text(file)).toBe(content);
  });

  it('are accepted by promtool and amtool at the paths where they are mounted', async () => {
    const etc = scratch('etc');
    for (const name of ['prometheus.yml', 'alertmanager.yml'])
      await cp(join(root, 'demo', name), join(etc, name));
    for (const name of ['rules', 'templates']) await symlink(join(root, 'prometheus', name), join(etc, name));
    const promtool = await execa(
      await ensureServer('promtool'),
      ['check', 'config', '--lint=all', '--lint-fatal', join(etc, 'prometheus.yml')],
      { reject: false, all: true },
    );
    expect(promtool.exitCode, promtool.all).toBe(0);
    const amtool = await execa(
      await ensureServer('amtool'),
      ['check-config', join(etc, 'alertmanager.yml')],
      {
        reject: false,
        all: true,
      },
    );
    expect(amtool.exitCode, amtool.all).toBe(0);
  });
});

describe('Dockerfile', () => {
  const dockerfile = text('Dockerfile');
  const instructions = dockerfile
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));

  it('copies only existing files that .dockerignore lets through', () => {
    const through = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    for (const file of copied) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(through, file).toContain(file);
    }
  });

  it('runs every image as a numeric user other than root, and pins the base images', () => {
    const stages = dockerfile.split(/^FROM /m).slice(1);
    for (const stage of stages.filter((one) => /^USER /m.test(one)))
      expect(stage.match(/^USER .*$/gm)?.at(-1)).toBe('USER 65532:65532');
    expect(stages.at(-1)).toMatch(/^scratch AS runtime\n/);
    for (const [, image] of dockerfile.matchAll(/^ARG \w*IMAGE=(.*)$/gm))
      expect(image).toMatch(/^(node:\d+-[a-z]+-slim|golang:\d+\.\d+\.\d+)$/);
  });

  it('gives the stage the same environment as godrift demo gives its sandbox', () => {
    const env: Record<string, string> = {};
    for (const line of instructions.filter((one) => one.startsWith('ENV '))) {
      for (const [, name = '', value = ''] of line.matchAll(/([A-Z_]+)=(\S+)/g)) env[name] = value;
    }
    const own = sandboxEnvironment('/stage', '/app');
    // The path of godrift itself and its state directory are specific to the image.
    expect({ ...env, PATH: env['PATH']?.replace('/usr/local/bin', '/stage/tools') }).toEqual({
      ...own,
      GODRIFT_STATE_DIRECTORY: '/var/lib/godrift',
      NODE_ENV: 'production',
    });
  });
});
