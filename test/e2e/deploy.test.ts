// deploy/: systemd-analyze verifies and scores the units; the CronJob is compared with the Pod Security
// Standard "restricted" (kubernetes.io/docs/concepts/security/pod-security-standards) and with the options of
// the program.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { godrift, makeWorld } from '../lab/godrift.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const analyze = await onPath('systemd-analyze');

/** Returns the options in a command line that `godrift COMMAND --help` does not mention. */
async function unknownOptions(words: readonly string[]): Promise<readonly string[]> {
  const [command = ''] = words;
  const { stdout } = await godrift(makeWorld(undefined), [command, '--help']);
  return words
    .slice(1)
    .map((word) => word.split('=')[0] as string)
    .filter((word) => word.startsWith('--') && !stdout.includes(word));
}

describe.skipIf(analyze === undefined)('systemd units (needs systemd-analyze)', () => {
  const units = ['.', 'user'].flatMap((folder) =>
    readdirSync(join(deploy, 'systemd', folder), { withFileTypes: true })
      .filter((one) => one.isFile() && !one.name.endsWith('.yml'))
      .map(({ name }) => join(folder, name)),
  );
  const services = units.filter((name) => name.endsWith('.service'));
  const read = (unit: string) => readFileSync(join(deploy, 'systemd', unit), 'utf8');

  it('pass systemd-analyze verify, which detects a misspelt key', async () => {
    const folder = scratch('units');
    mkdirSync(join(folder, 'user'));
    // The program is not installed on test machines.
    for (const unit of units)
      writeFileSync(
        join(folder, unit),
        read(unit)
          .replaceAll(/^ExecStart=(%h\/\.local\/bin\/)?godrift /gm, `ExecStart=${process.execPath} `)
          .replace(/ man:godrift\(1\)$/m, ''),
      );
    const run = await execa(analyze as string, ['verify', ...units.map((unit) => join(folder, unit))], {
      all: true,
      reject: false,
    });
    expect(run.all).toBe('');
    expect(run.exitCode).toBe(0);
    writeFileSync(join(folder, 'godrift.service'), `${read('godrift.service')}\nProtectSytem=strict\n`);
    const broken = await execa(analyze as string, ['verify', join(folder, 'godrift.service')], {
      all: true,
      reject: false,
    });
    expect(broken.all).toContain('ProtectSytem');
  });

  it.each(services)('%s has an exposure score of at most 2.0 of 10', async (unit) => {
    const args = ['security', '--offline=true', '--threshold=20', join(deploy, 'systemd', unit)];
    const run = await execa(analyze as string, args, { all: true, reject: false });
    expect(run.exitCode, run.all).toBe(0);
    // With this setting, V8 would abort.
    expect(read(unit)).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });

  it.each(services)('%s starts the program with known options only', async (unit) => {
    const [, line = ''] = /^ExecStart=(?:%h\/\.local\/bin\/)?godrift (.*)$/m.exec(read(unit)) ?? [];
    expect(line).not.toBe('');
    expect(await unknownOptions(line.split(' '))).toEqual([]);
  });

  it('share no directory between two users', () => {
    const owners = new Map<string, string>();
    for (const unit of services) {
      const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(read(unit))?.[1];
      for (const kind of ['StateDirectory', 'LogsDirectory']) {
        const directory = value(kind);
        if (directory === undefined) continue;
        // The directories of user units are all in the home of that user. Each system unit runs as its own
        // user.
        const place = join(unit.startsWith('user/') ? '~' : kind, directory);
        const owner = unit.startsWith('user/') ? 'the user' : unit;
        expect([unit, owners.get(place) ?? owner]).toEqual([unit, owner]);
        owners.set(place, owner);
      }
    }
  });

  it.each([
    ['godrift.service', '# '],
    ['user/godrift.service', '$ '],
  ])('the commands of docs/deployment.md put the configuration where %s reads it', async (unit, prompt) => {
    const page = readFileSync(join(deploy, '../docs/deployment.md'), 'utf8');
    const [, text = ''] = page.split('## One host: systemd');
    const commands = [...text.matchAll(/```console\n([\s\S]*?)```/g)]
      .flatMap(([, block = '']) => block.trimEnd().split('\n'))
      .filter((line) => line.startsWith(`${prompt}mkdir`))
      .map((line) => line.slice(prompt.length));
    const world = makeWorld(undefined);
    const inside = (line: string) => line.replaceAll(' /etc', ` ${world.home}/etc`);
    await execa('sh', ['-ec', commands.map(inside).join('\n')], {
      cwd: join(deploy, '..'),
      env: world.env,
      extendEnv: false,
    });
    const [, named = ''] = /^Environment=GODRIFT_CONFIG_FILE=(.*)$/m.exec(read(unit)) ?? [];
    const file = named.startsWith('%h') ? named.replace('%h', world.home) : join(world.home, named);
    const checked = await godrift(world, ['config', 'check'], { GODRIFT_CONFIG_FILE: file });
    expect(checked).toMatchObject({ stdout: 'ok: 1 target (default)\n', exitCode: 0 });
    const absent = await godrift(world, ['config', 'check'], { GODRIFT_CONFIG_FILE: `${file}x` });
    expect(absent.stderr).toContain('; write it, or correct GODRIFT_CONFIG_FILE');
  });
});

describe('the patrol in Kubernetes', () => {
  const documents = parseAllDocuments(readFileSync(join(deploy, 'kubernetes/patrol-cronjob.yaml'), 'utf8'), {
    strict: true,
    uniqueKeys: true,
  });
  // biome-ignore lint/suspicious/noExplicitAny: a manifest is read as a tree, and its shape is what is tested.
  const [cronJob, policy] = documents.map((document) => document.toJS()) as [any, any];
  const { spec: job } = cronJob.spec.jobTemplate;
  const { spec: pod, metadata } = job.template;

  it('is valid YAML and uses stable APIs only', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect([cronJob, policy].map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'batch/v1 CronJob',
      'networking.k8s.io/v1 NetworkPolicy',
    ]);
  });

  it('meets the restricted standard and mounts only scratch volumes writable', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[key]).toBeUndefined();
    const allowed = ['persistentVolumeClaim', 'emptyDir', 'configMap', 'secret', 'projected'];
    for (const { name, ...source } of pod.volumes) expect(allowed, name).toContain(Object.keys(source)[0]);
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.image).toMatch(/:\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/);
      expect(container.resources.limits.memory).toBeDefined();
      for (const mount of container.volumeMounts) {
        const volume = pod.volumes.find(({ name }: { name: string }) => name === mount.name);
        expect(volume, mount.name).toBeDefined();
        expect(mount.readOnly === true || volume.emptyDir !== undefined, mount.name).toBe(true);
      }
    }
    expect(pod.automountServiceAccountToken).toBe(false);
  });

  it('runs once without retries or overlap, and with a deadline', () => {
    expect(pod.restartPolicy).toBe('Never');
    expect(job.backoffLimit).toBe(0);
    expect(job.activeDeadlineSeconds).toBeGreaterThan(0);
    expect(cronJob.spec.concurrencyPolicy).toBe('Forbid');
    expect(policy.spec.podSelector.matchLabels).toEqual(metadata.labels);
  });

  it('starts the program with known options only', async () => {
    expect(await unknownOptions(pod.containers[0].args)).toEqual([]);
  });
});
