/**
 * The changes that are tried with a fault at each system call: the home of
 * each, and its contents before and after.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cacheFileName, formatCacheAction } from '../../src/go/cache-action.ts';
import { prefixes } from '../../src/observe/collectors/cache/scan.ts';
import { faultyModule, writeProxy } from '../lab/module-proxy.ts';
import { scratch } from '../lab/toolchains.ts';
import { writeZippedToolchain, zippedToolchain } from '../lab/zipped-toolchain.ts';

/**
 * The contents of a home, including leftovers: paths of files with their text, of symlinks with their
 * targets, and of folders (with a slash at the end).
 */
export type Seen = Readonly<Record<string, string>>;

/** One kind of change. */
export interface Kind {
  readonly name: 'names' | 'directory' | 'sdk' | 'cache' | 'swap' | 'adopt' | 'new' | 'collect';
  /** Fills a home with the contents to be changed. */
  readonly make: (home: string) => void;
  readonly before: Seen;
  readonly after: Seen;
  /**
   * Further contents that are allowed and count as not applied: with `refused` only after a failing call,
   * with `always` also after a kill.
   */
  readonly between?: { readonly when: 'refused' | 'always'; readonly is: (found: Seen) => boolean };
}

/** The directories in which a change is made. */
export interface Place {
  readonly home: string;
  readonly state: string;
}

/** Creates a home to be changed. */
export function placeFor({ make }: Kind): Place {
  const top = realpathSync(scratch('rollback-faults'));
  const [home, state] = [join(top, 'home'), join(top, 'state')];
  mkdirSync(home);
  make(home);
  return { home, state };
}

const known = 'store.json';

/**
 * Summarizes the file of generations without its times, which differ from
 * run to run: only whether each was left.
 */
const withoutTimes = (text: string) =>
  Object.entries((JSON.parse(text) as { generations: Record<string, { left?: number }> }).generations)
    .map(([name, { left }]) => `${name} is ${left === undefined ? 'current' : 'left'}`)
    .join(', ');

/** Returns the contents of a home without the downloads of its module cache. */
export function seenIn(top: string, below = ''): Seen {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(top, below), { withFileTypes: true })) {
    const name = join(below, entry.name);
    if (name === 'cache') continue;
    if (entry.isDirectory()) Object.assign(found, seenIn(top, name), { [`${name}/`]: '' });
    else if (entry.isSymbolicLink()) found[name] = readlinkSync(join(top, name));
    else {
      const text = readFileSync(join(top, name), 'utf8');
      found[name] = entry.name === known ? withoutTimes(text) : text;
    }
  }
  return found;
}

/** Adds the parent folders of all files. */
function withFolders(files: Seen): Seen {
  const found: Record<string, string> = { ...files };
  for (const name of Object.keys(files))
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) found[`${folder}/`] = '';
  return found;
}

/** Writes files. A text that begins with a slash or names a generation becomes a symlink. */
function write(home: string, files: Seen): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(home, name);
    mkdirSync(dirname(file), { recursive: true });
    if (/^\/|\.generations\//.test(text)) symlinkSync(text, file);
    else writeFileSync(file, text);
  }
}

const names: Kind = {
  name: 'names',
  make: (home) => {
    for (const name of ['changed', 'added']) {
      writeFileSync(join(home, name), `drifted ${name}\n`);
      chmodSync(join(home, name), 0o600);
    }
    symlinkSync('drifted', join(home, 'link'));
  },
  before: { added: 'drifted added\n', changed: 'drifted changed\n', link: 'drifted' },
  after: { changed: 'approved\n', gone: 'approved too\n', link: 'approved' },
};

const tree = 'example.com/b@v1.0.0';
const edited: Seen = { [`${tree}/x/b.go`]: 'package evil\n' };
const directory: Kind = {
  name: 'directory',
  make: (home) => {
    writeProxy(join(home, 'cache/download'), [faultyModule]);
    write(home, edited);
    for (const folder of [`${tree}/x`, tree]) chmodSync(join(home, folder), 0o555);
  },
  before: withFolders(edited),
  after: withFolders({
    [`${tree}/go.mod`]: 'module example.com/b\ngo 1.21\n',
    [`${tree}/b.go`]: 'package b\n',
    [`${tree}/c/c.go`]: 'package c\n',
  }),
};

const { files } = zippedToolchain;
const sdk: Kind = {
  name: 'sdk',
  make: (home) => void writeZippedToolchain(home),
  before: {},
  after: withFolders({
    ...Object.fromEntries(
      Object.entries(files).map(([name, text]) => [
        `sdk/go1.99.0/${name.replace('_go.mod', 'go.mod')}`,
        text,
      ]),
    ),
    'sdk/go1.99.0/.unpacked-success': '',
  }),
};

/** Returns the file name of an action whose id is one repeated digit. */
const action = (digit: string) => cacheFileName(digit.repeat(64), 'a');
const outputId = (text: string) => createHash('sha256').update(text).digest('hex');
const output = (text: string) => cacheFileName(outputId(text), 'd');
const entryOf = (digit: string, text: string): Seen => ({
  [action(digit)]: formatCacheAction({
    action: digit.repeat(64),
    output: outputId(text),
    size: text.length,
    time: 1n,
  }),
});

const damaged: Seen = {
  README: 'about\n',
  ...entryOf('a', 'right'),
  ...entryOf('b', 'right'),
  ...entryOf('c', 'whole'),
  [cacheFileName('d'.repeat(64), 'd')]: '/nowhere',
  [output('right')]: 'WRONG',
  [output('whole')]: 'whole',
};
const folders = Object.fromEntries(
  Object.entries(withFolders(damaged)).filter(([name]) => name.endsWith('/')),
);
const cache: Kind = {
  name: 'cache',
  make: (home) => write(home, damaged),
  before: withFolders(damaged),
  after: { ...folders, README: 'about\n', [output('whole')]: 'whole' },
  // Removed entries stay removed, and no output is removed before the entries that refer to it.
  between: {
    when: 'refused',
    is: (found) =>
      Object.entries(found).every(([name, text]) => withFolders(damaged)[name] === text) &&
      found[output('whole')] === 'whole' &&
      (output('right') in found || !(action('a') in found || action('b') in found)),
  },
};

const store = 'go-build.generations';
const inGeneration = (name: string, files: Seen): Seen =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${store}/${name}/${file}`, text]));
const built: Seen = { ...entryOf('c', 'whole'), [output('whole')]: 'whole' };
const left = (current: string) => ({
  [`${store}/${known}`]: ['g1', 'g2']
    .map((name) => `${name} is ${name === current ? 'current' : 'left'}`)
    .join(', '),
});
const freshFolders = Object.fromEntries(
  Object.keys(withFolders(inGeneration('g2', built)))
    .filter((name) => name.endsWith('/'))
    .map((name) => [name, '']),
);
const beforeSwap: Seen = {
  ...withFolders(inGeneration('g1', built)),
  ...freshFolders,
  ...left('g1'),
  'go-build': `${store}/g1`,
};
const afterSwap: Seen = {
  ...beforeSwap,
  ...inGeneration('g2', built),
  ...left('g2'),
  'go-build': `${store}/g2`,
};
const swap: Kind = {
  name: 'swap',
  make: (home) => {
    write(home, { 'go-build': `${store}/g1`, ...inGeneration('g1', built) });
    for (const folder of Object.keys(freshFolders)) mkdirSync(join(home, folder), { recursive: true });
    const generations = { g1: { made: 1 }, g2: { made: 2, left: 2 } };
    writeFileSync(join(home, store, known), JSON.stringify({ schema: 1, generations }));
  },
  before: beforeSwap,
  after: afterSwap,
  // Entries that were already copied to g2 do no harm, because the symlink still
  // leads to g1. go ignores half an entry.
  between: {
    when: 'always',
    is: (found) =>
      Object.entries(beforeSwap).every(([name, text]) => found[name] === text) &&
      Object.entries(found).every(
        ([name, text]) =>
          name in beforeSwap || text === afterSwap[name] || (name in afterSwap && text === ''),
      ),
  },
};

/** The file of generations as {@link seenIn} summarizes it. */
const knownOf = (...lines: readonly string[]): Seen => ({ [`${store}/${known}`]: lines.join(', ') });
const atPlace: Seen = Object.fromEntries(
  Object.entries(built).map(([file, text]) => [`go-build/${file}`, text]),
);
const firstGeneration: Seen = {
  ...withFolders(inGeneration('g1', built)),
  ...knownOf('g1 is current'),
  'go-build': `${store}/g1`,
};
const adopt: Kind = {
  name: 'adopt',
  make: (home) => write(home, atPlace),
  before: withFolders(atPlace),
  after: firstGeneration,
  // The directory of generations is created first.
  between: {
    when: 'always',
    is: (found) => isDeepStrictEqual(found, { ...withFolders(atPlace), [`${store}/`]: '' }),
  },
};

const makeFirst = (home: string, generations: object) => {
  write(home, { 'go-build': `${store}/g1`, ...inGeneration('g1', built) });
  writeFileSync(join(home, store, known), JSON.stringify({ schema: 1, generations }));
};
const makeNew: Kind = {
  name: 'new',
  make: (home) => makeFirst(home, { g1: { made: 1 } }),
  before: firstGeneration,
  after: {
    ...firstGeneration,
    [`${store}/g2/`]: '',
    ...Object.fromEntries(prefixes.map((prefix) => [`${store}/g2/${prefix}/`, ''])),
    ...inGeneration('g2', built),
    ...knownOf('g1 is current', 'g2 is left'),
  },
};
const collect: Kind = {
  name: 'collect',
  make: (home) => {
    makeFirst(home, { g1: { made: 1 }, g2: { made: 2, left: 2 } });
    write(home, inGeneration('g2', built));
  },
  before: {
    ...firstGeneration,
    ...withFolders(inGeneration('g2', built)),
    ...knownOf('g1 is current', 'g2 is left'),
  },
  after: firstGeneration,
};

/** All kinds of changes. */
export const kinds: readonly Kind[] = [names, directory, sdk, cache, swap, adopt, makeNew, collect];
