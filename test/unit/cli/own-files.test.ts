/** Output files must not lie among the files that godrift keeps, and no two outputs may be the same file. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { refuseKept, refuseOverlaps } from '../../../src/cli/own-files.ts';
import { readSettings } from '../../../src/cli/settings/settings.ts';
import { scratch } from '../store/scratch.ts';

/** Makes a directory with a used state directory, and links into it. */
async function world() {
  const top = await scratch();
  const state = path.join(top, 'state');
  mkdirSync(path.join(state, 'journal'), { recursive: true });
  writeFileSync(path.join(state, 'key'), 'k'.repeat(32));
  symlinkSync(state, path.join(top, 'link'));
  symlinkSync(path.join(state, 'key'), path.join(top, 'to-key'));
  symlinkSync('state/not-there', path.join(top, 'to-nothing'));
  symlinkSync('state/journal/../new', path.join(top, 'later'));
  return { top, state };
}

const inside = 'it lies in the state directory, which is for godrift alone';

test.each([
  ['state/key', inside],
  ['state', inside],
  ['state/journal/journal-000000000001.jsonl', inside],
  ['state/not/there/yet.log', inside],
  ['link/events.log', inside],
  ['to-key', inside],
  ['to-nothing', inside],
  ['later/events.log', inside],
  ['link/../state/key', inside],
  ['godrift.yml', 'it is the configuration too'],
  ['page.prom', 'it is textfile too'],
  ['page', 'it is textfile too'],
])('an event log named %s is refused', async (name, why) => {
  const { top } = await world();
  const config = path.join(top, 'godrift.yml');
  writeFileSync(config, '{}');
  // A log of this name rotates to the name of the page.
  if (name === 'page') symlinkSync('page.1', path.join(top, 'page.prom'));
  const flags = {
    'config.file': config,
    state_directory: path.join(top, 'state'),
    textfile: path.join(top, 'page.prom'),
    'event_log.file': `${top}/${name}`,
  };
  const read = readSettings(flags, new Map(), [top], top);
  await expect(read).rejects.toMatchObject({
    why,
    what: expect.stringContaining('cannot write event_log.file'),
  });
});

test('a metrics page in the state directory is refused, also if it is the directory itself', async () => {
  const { top, state } = await world();
  for (const textfile of ['state', 'link', 'state/key', 'to-key', 'state/new/page.prom']) {
    const read = readSettings({ state_directory: state, textfile }, new Map(), [top], top);
    await expect(read, textfile).rejects.toMatchObject({ why: inside });
  }
});

test('names next to the state directory are accepted, even with a common prefix', async () => {
  const { top, state } = await world();
  const files = ['state.log', 'state-of/things', 'keys', '..state'].map((name) => ({
    file: path.join(top, name),
    option: name,
  }));
  expect(() => refuseOverlaps(files, { stateDirectory: state })).not.toThrow();
});

test('a check refuses to write into the exporter’s state, and to write one file twice', async () => {
  const { top, state } = await world();
  const refuse = (...names: string[]) =>
    refuseKept(
      names.map((name, index) => ({ file: path.resolve(top, name), option: `--option-${index}` })),
      state,
    );
  for (const name of [
    'state/key',
    'link/targets/x/learned.json',
    'to-key',
    'state/admin.sock',
    'state/rollback-memory.json',
    'state/vendor/0123456789abcdef.files',
  ])
    expect(() => refuse(name), name).toThrow('the exporter keeps its state there');
  expect(() => refuse('a', 'b', './a')).toThrow('cannot write --option-2');
  // A repository may lie there, however unusual; and /dev/null is no file.
  expect(() => refuse('state/repository/godrift.sarif', '/dev/null', '/dev/null')).not.toThrow();
});

/** Files in memory, as on a host with a read-only root; their paths are below /dev. */
const memory = '/dev/shm';
const inMemory = existsSync(memory);

test.skipIf(!inMemory)(
  `a file below /dev or /proc is one like any other${inMemory ? '' : ' [skipped, missing: /dev/shm]'}`,
  async () => {
    const top = mkdtempSync(path.join(memory, 'godrift-'));
    onTestFinished(() => rmSync(top, { recursive: true }));
    const { state } = await world();
    const refuseIn = (directory: string, file: string) => () =>
      refuseOverlaps([{ file, option: 'event_log.file' }], { stateDirectory: directory });
    expect(refuseIn(top, path.join(top, 'exemptions.json'))).toThrow(inside);
    expect(refuseIn(state, `/proc/self/root${state}/exemptions.json`)).toThrow(inside);
    execFileSync('mkfifo', [path.join(top, 'pipe')]);
    for (const stream of ['/dev/stdout', '/proc/self/fd/1', '/dev/null', path.join(top, 'pipe')])
      expect(refuseIn(top, stream), stream).not.toThrow();
  },
);
