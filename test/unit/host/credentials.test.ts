/**
 * Whether another user could execute or read a file, compared with what the kernel tells a process of that
 * user: real ids, groups, capabilities and user namespaces.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Credentials,
  credentialsOfUser,
  mayExecute,
  type OtherCredentials,
} from '../../../src/host/credentials.ts';
import {
  executableAt,
  isExecutable,
  listDirectory,
  readFile,
  scanFile,
  stampOf,
  withReader,
} from '../../../src/host/files.ts';
import { processOwner } from '../../../src/host/process-owner.ts';
import { readAs } from '../../../src/host/reader.ts';
import { readSmallSync } from '../../../src/host/tree.ts';

const works = (command: string, ...args: string[]) => spawnSync(command, [...args, 'true']).status === 0;
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
const missing =
  process.getuid?.() !== 0 ? 'root' : !works('setpriv', ...nobody.slice(1)) ? 'setpriv(1)' : undefined;
const skipped = missing === undefined ? '' : ` [skipped, missing: ${missing}]`;

/** Ids that no account has. */
const stranger = 64_321;
const club = 64_322;

/** Kinds of users, each with the command prefix that runs a program as that user. */
const people: readonly (readonly [string, readonly string[]])[] = [
  ['nobody', nobody],
  ['a member of the group', ['setpriv', '--reuid=65534', '--regid=65534', `--groups=${club}`]],
  [
    'a user whose primary group is the group',
    ['setpriv', `--reuid=${stranger}`, `--regid=${club}`, '--clear-groups'],
  ],
  ['root', ['setpriv', '--clear-groups']],
  [
    'root without CAP_DAC_OVERRIDE',
    ['setpriv', '--clear-groups', '--bounding-set=-dac_override,-dac_read_search'],
  ],
  ['root of a user namespace', [...nobody, 'unshare', '--user', '--map-root-user']],
];

describe.skipIf(missing !== undefined)(`permissions of another user${skipped}`, () => {
  let top = '';
  const files: string[] = [];
  const children: ChildProcess[] = [];

  /** Returns the credentials of a process that runs with this prefix. */
  async function credentialsOf(words: readonly string[]): Promise<Credentials> {
    const [command = '', ...args] = words;
    const child = spawn(command, [...args, 'sh', '-c', 'echo ready; read line'], {
      // It waits in the shell itself, since during an exec the kernel tells nothing about a process.
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    });
    const { credentials } = processOwner(child.pid as number);
    if (credentials === undefined) throw new Error('its owner is unknown');
    return credentials;
  }

  /** Returns the files that the kernel lets a process with this prefix execute. */
  function allowed([command = '', ...args]: readonly string[]): readonly string[] {
    const test = 'for one; do if [ -x "$one" ]; then echo "$one"; fi; done';
    const { stdout } = spawnSync(command, [...args, 'sh', '-c', test, 'sh', ...files], { encoding: 'utf8' });
    return stdout.split('\n').filter(Boolean);
  }

  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'rights-'));
    chmodSync(top, 0o755);
    const owners = [
      [0, 0],
      [0, club],
      [65_534, 65_534],
      [stranger, club],
    ] as const;
    for (const [uid, gid] of owners) {
      for (const mode of [0o755, 0o750, 0o700, 0o705, 0o070, 0o057, 0o001, 0o644]) {
        const name = `${uid}-${gid}-${mode.toString(8)}`;
        const file = join(top, name);
        writeFileSync(file, '#!/bin/sh\n');
        const directory = join(top, `in-${name}`);
        mkdirSync(directory);
        writeFileSync(join(directory, 'program'), '#!/bin/sh\n');
        chmodSync(join(directory, 'program'), 0o755);
        symlinkSync(join(directory, 'program'), join(top, `link-${name}`));
        for (const [one, bits] of [
          [file, mode],
          [directory, mode],
        ] as const) {
          chownSync(one, uid, gid);
          chmodSync(one, bits);
        }
        files.push(file, join(directory, 'program'), join(top, `link-${name}`));
      }
    }
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(top, { recursive: true, force: true });
  });

  it.for(people)('%s may execute exactly what the kernel lets it execute', async ([, words], { skip }) => {
    const [command = '', ...args] = words;
    // Not every machine lets users create namespaces.
    skip(!works(command, ...args), `missing: ${words.join(' ')}`);
    const who = await credentialsOf(words);
    expect(files.filter((file) => mayExecute('/', file, who))).toEqual(allowed(words));
  });

  it.for(people)('%s may read exactly what the kernel lets it read', async ([, words], { skip }) => {
    const [command = '', ...args] = words;
    skip(!works(command, ...args), `missing: ${words.join(' ')}`);
    const who = await credentialsOf(words);
    const path = (file: string) => ({ root: '/', path: file });
    const folders = readdirSync(top).map((name) => join(top, name));
    const test = 'for one; do if [ -r "$one" ]; then echo "$one"; fi; done';
    const { stdout } = spawnSync(command, [...args, 'sh', '-c', test, 'sh', ...files], { encoding: 'utf8' });
    const readable = stdout.split('\n').filter(Boolean);
    expect(
      readAs(who, () => ({
        files: files.filter((file) => readFile(path(file)).ok),
        small: files.filter((file) => readSmallSync(file) !== undefined),
        scanned: files.filter((file) => scanFile(file, 0, () => true) === true),
        read: files.filter((file) => withReader(file, () => true) === true),
      })),
    ).toEqual({ files: readable, small: readable, scanned: readable, read: readable });
    // A user learns that a path exists only if they may look it up, and learns names only where they may
    // list.
    const asked = 'for one; do if [ -e "$one" ]; then echo "e $one"; fi; ls "$one"/program; done 2>/dev/null';
    const told = spawnSync(command, [...args, 'sh', '-c', asked, 'sh', ...folders], { encoding: 'utf8' });
    const listed =
      'for one; do if [ -d "$one" ] && [ -n "$(ls "$one" 2>/dev/null)" ]; then echo "$one"; fi; done';
    const lists = spawnSync(command, [...args, 'sh', '-c', listed, 'sh', ...folders], { encoding: 'utf8' });
    expect(
      readAs(who, () => [
        ...folders.flatMap((folder) => [
          ...(stampOf(path(folder)) === undefined ? [] : [`e ${folder}`]),
          ...(stampOf(path(`${folder}/program`)) === undefined ? [] : [`${folder}/program`]),
        ]),
      ]),
    ).toEqual(told.stdout.split('\n').filter(Boolean));
    expect(readAs(who, () => folders.filter((folder) => listDirectory(path(folder)).length > 0))).toEqual(
      lists.stdout.split('\n').filter(Boolean),
    );
    expect(listDirectory(path(top)).length).toBe(folders.length);
  });

  it('do not include files behind a link of /proc, which the kernel denies to others', async ({ skip }) => {
    skip(!works('unshare', '-m'), 'missing: mount namespaces');
    const who = await credentialsOf(nobody);
    const elsewhere = join(top, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'file'), 'of this host');
    const inside = `mount -t tmpfs tmpfs "$1" && chmod 755 "$1" && printf theirs > "$1/file" && echo ready; exec sleep 600`;
    const child = spawn('unshare', ['-m', 'sh', '-c', inside, 'sh', elsewhere], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const place = { root: '/', path: `/proc/${child.pid}/root${elsewhere}/file` };
    expect(readFile(place)).toMatchObject({ bytes: Buffer.from('theirs') });
    expect(readAs(who, () => [readFile(place).ok, stampOf(place)])).toEqual([false, undefined]);
    const folder = { root: '/', path: dirname(place.path) };
    expect(listDirectory(folder)).toEqual(['file']);
    expect(readAs(who, () => listDirectory(folder))).toEqual([]);
  });

  it('decide which files a search on PATH finds', async () => {
    const root = '/';
    const path = join(top, '0-0-700');
    const who = await credentialsOf(nobody);
    expect(isExecutable({ root, path }, 'own')).toBe(true);
    expect(isExecutable({ root, path }, who)).toBe(false);
    expect(executableAt({ root, path }, 'own')).toBeDefined();
    expect(executableAt({ root, path }, who)).toBeUndefined();
  });

  it('of a process without supplementary groups include only its primary group', async () => {
    const { gids } = (await credentialsOf(nobody)) as OtherCredentials;
    expect([...gids]).toEqual([65_534]);
  });

  it('can be read for a uid, with its groups on this host', () => {
    expect(credentialsOfUser(0)).toBe('own');
    const who = credentialsOfUser(stranger);
    const may = (name: string) => mayExecute('/', join(top, name), who);
    expect(
      ['0-0-755', '0-0-700', '0-0-705', `${stranger}-${club}-700`, `${stranger}-${club}-57`].map(may),
    ).toEqual([true, false, true, true, false]);
    expect(may(`0-${club}-750`)).toBe(false);
    const [, , uid = '', gid = ''] = readFileSync('/etc/passwd', 'utf8').split('\n')[1]?.split(':') ?? [];
    expect(credentialsOfUser(Number(uid))).toMatchObject({ uid: Number(uid) });
    expect([...(credentialsOfUser(Number(uid)) as OtherCredentials).gids]).toContain(Number(gid));
  });
});
