// Finds a real `docker compose` for parsing a compose file, which needs no engine: docker's plugin or
// docker-compose on PATH, else Debian's package, fetched once into the test cache and unpacked there without
// installing it.
import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { patienceMs } from './eventually.ts';
import { isExecutable, onPath, progress, scratch, testCache, withLock } from './toolchains.ts';

/** The words of a command, to which the arguments of compose are appended. */
export type ComposeCommand = readonly string[];

/**
 * The oldest Debian release whose package supports the compose specification; its version does not change
 * while it is stable.
 */
const suite = 'trixie';

/** Returns a compose of version 2 or later; undefined if none is installed and none can be fetched. */
export async function findCompose(): Promise<ComposeCommand | undefined> {
  const docker = await onPath('docker');
  const standalone = await onPath('docker-compose');
  const candidates = [
    ...(docker === undefined ? [] : [[docker, 'compose']]),
    ...(standalone === undefined ? [] : [[standalone]]),
  ];
  for (const [program = '', ...args] of candidates) {
    const { stdout } = await execa(program, [...args, 'version', '--short'], { reject: false });
    if (/^v?([2-9]|\d\d)\./.test(stdout)) return [program, ...args];
  }
  const cached = join(testCache(), `docker-compose-${suite}`, 'docker-compose');
  if (await isExecutable(cached)) return [cached];
  if ((await onPath('apt-get')) === undefined) return undefined;
  return withLock('docker-compose', async () => {
    if (!(await isExecutable(cached))) await fetchFromDebian(cached);
    return (await isExecutable(cached)) ? [cached] : undefined;
  });
}

/**
 * Downloads the package with apt and separate lists, from this system's mirror, verified with this system's
 * keyring.
 */
async function fetchFromDebian(destination: string): Promise<void> {
  const mirror = await execa(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian'],
    { reject: false },
  );
  const [uri] = mirror.stdout.split('\n');
  if (mirror.exitCode !== 0 || uri === undefined || uri === '') return;
  progress(
    `fetching docker-compose of Debian ${suite} (the compose file is read by the real program; usually 10 s)`,
  );
  const place = scratch('debian');
  await mkdir(join(place, 'lists/partial'), { recursive: true });
  await mkdir(join(place, 'archives/partial'), { recursive: true });
  await writeFile(join(place, 'status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(join(place, 'sources.list'), `deb [signed-by=${keyring}] ${uri} ${suite} main\n`);
  const options = {
    'Dir::Etc::sourcelist': join(place, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': place,
    'Dir::State::status': join(place, 'status'),
    'Dir::Cache': place,
    // The user of apt's sandbox could not enter a scratch directory.
    'APT::Sandbox::User': 'root',
  };
  const apt = ['-qq', ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])];
  for (const step of [['update'], ['download', 'docker-compose']]) {
    const run = await execa('apt-get', [...apt, ...step], {
      cwd: place,
      reject: false,
      timeout: 2 * patienceMs,
    });
    if (run.exitCode !== 0) return progress(`apt-get ${step[0]}: ${run.stderr.split('\n').at(-1)}`);
  }
  const deb = (await readdir(place)).find((name) => name.endsWith('.deb')) ?? '';
  await execa('dpkg', ['-x', deb, 'root'], { cwd: place });
  await mkdir(join(destination, '..'), { recursive: true });
  await copyFile(join(place, 'root/usr/libexec/docker/cli-plugins/docker-compose'), `${destination}.new`);
  await rename(`${destination}.new`, destination);
}
