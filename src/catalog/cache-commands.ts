/** The commands of the build cache: rows of commands.ts. */
import { cacheOptions, collectOptions } from './command-options.ts';

/** In the order of help. */
export const cacheCommands = [
  { path: 'cache', about: 'the build cache (GOCACHE): what is wrong in it, and repair', isGroup: true },
  {
    path: 'cache verify',
    arguments: '[dir]',
    about: 'read every output of the build cache and hold it against its name; exit 1 for damage',
    options: cacheOptions,
    examples: [
      'godrift cache verify',
      'godrift cache verify --gocache /var/cache/go-build',
      'godrift cache verify --json | jq .corrupt',
    ],
  },
  {
    path: 'cache repair',
    arguments: '[dir]',
    about:
      'remove damaged outputs and the action entries that lead to them, so that go builds them anew; says what it would do, unless --yes is given',
    options: [...cacheOptions, { flag: '--yes', about: 'do it' }],
    examples: [
      'godrift cache repair',
      'godrift cache repair --yes',
      'godrift cache repair --gocache /var/cache/go-build --yes',
    ],
  },
  {
    path: 'cache generations',
    about:
      'generations of the build cache: GOCACHE is a link to one of them, and is pointed to another while builds go on',
    isGroup: true,
  },
  {
    path: 'cache generations list',
    arguments: '[dir]',
    about: 'print the generations, and who uses each',
    options: cacheOptions,
    examples: ['godrift cache generations list', 'godrift cache generations list --json'],
  },
  {
    path: 'cache generations adopt',
    arguments: '[dir]',
    about:
      'make the build cache the first generation, and GOCACHE a link to it; nothing is copied; only while no build runs',
    options: cacheOptions,
    examples: [
      'godrift cache generations adopt',
      'godrift cache generations adopt --gocache /var/cache/go-build',
    ],
  },
  {
    path: 'cache generations new',
    arguments: '[dir]',
    about:
      'make a generation of what is whole in the present one, which takes next to no room: outputs are shared, and no build through one changes the other',
    options: cacheOptions,
    examples: ['godrift cache generations new'],
  },
  {
    path: 'cache generations swap',
    arguments: '<generation> [dir]',
    about: 'point GOCACHE to a generation, also while builds run, which find there all that they saw',
    options: cacheOptions,
    examples: ['godrift cache generations swap g2'],
  },
  {
    path: 'cache generations collect',
    arguments: '[dir]',
    about: 'remove generations that GOCACHE has not led to for a while and that no process uses',
    options: collectOptions,
    examples: ['godrift cache generations collect', 'godrift cache generations collect --older-than 7d'],
  },
] as const;
