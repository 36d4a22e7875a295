/** Whether another user could execute a file, beside what the kernel tells a process of that user: real ids, groups, capabilities and user namespaces. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Credentials,
  credentialsOf,
  credentialsOfOwner,
  mayExecute,
} from '../../../src/host/credentials.ts';
import { executableAt, isExecutable } from '../../../src/host/files.ts';

const works = (command: string, ...args: string[]) => spawnSync(command, [...args, 'true']).status === 0;
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
const missing =
  process.getuid?.() !== 0 ? 'root' : !works('setpriv', ...nobody.slice(1)) ? 'setpriv(1)' : undefined;
const skipped = missing === undefined ? '' : ` [skipped, missing: ${missing}]`;

/** Ids that no account has. */
const stranger = 64_321;
const club = 64_322;

/** Who asks, and the words before the program that make it so. */
const people: readonly (readonly [string, readonly string[]])[] = [
  ['nobody', nobody],
  ['somebody in a group', ['setpriv', '--reuid=65534', '--regid=65534', `--groups=${club}`]],
  [
    'somebody whose first group it is',
    ['setpriv', `--reuid=${stranger}`, `--regid=${club}`, '--clear-groups'],
  ],
  ['root', ['setpriv', '--clear-groups']],
  [
    'root without CAP_DAC_OVERRIDE',
    ['setpriv', '--clear-groups', '--bounding-set=-dac_override,-dac_read_search'],
  ],
  ['root of a user namespace', [...nobody, 'unshare', '--user', '--map-root-user']],
];

describe.skipIf(missing !== undefined)(`what somebody else may execute${skipped}`, () => {
  let top = '';
  const files: string[] = [];
  const children: ChildProcess[] = [];

  /** The credentials of a process that runs as somebody. */
  async function of(words: readonly string[]): Promise<Credentials> {
    const [command = '', ...args] = words;
    const child = spawn(command, [...args, 'sh', '-c', 'echo ready; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    });
    return credentialsOf(child.pid as number);
  }

  /** What the kernel lets a process of somebody execute. */
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

  it.for(people)('%s', async ([, words], { skip }) => {
    const [command = '', ...args] = words;
    // Not every machine lets users make namespaces.
    skip(!works(command, ...args), `missing: ${words.join(' ')}`);
    const who = await of(words);
    expect(files.filter((file) => mayExecute('/', file, who))).toEqual(allowed(words));
  });

  it('is asked of each file that a search on PATH takes', async () => {
    const root = '/';
    const path = join(top, '0-0-700');
    const who = await of(nobody);
    expect(isExecutable({ root, path }, 'own')).toBe(true);
    expect(isExecutable({ root, path }, who)).toBe(false);
    expect(executableAt({ root, path }, 'own')).toBeDefined();
    expect(executableAt({ root, path }, who)).toBeUndefined();
  });

  it('is told of the owner of a file, whose groups are not known', () => {
    const published = join(top, 'environ');
    writeFileSync(published, '');
    expect(credentialsOfOwner(published)).toBe('own');
    chownSync(published, stranger, stranger);
    const who = credentialsOfOwner(published);
    const may = (name: string) => mayExecute('/', join(top, name), who);
    expect(
      ['0-0-755', '0-0-700', '0-0-705', `${stranger}-${club}-700`, `${stranger}-${club}-57`].map(may),
    ).toEqual([true, false, true, true, false]);
    // It may be in the group.
    expect(may(`0-${club}-750`)).toBe(true);
  });
});
