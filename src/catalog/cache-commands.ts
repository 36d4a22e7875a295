/** The build cache commands: rows of commands.ts. */
import { cacheOptions, collectOptions } from './command-options.ts';

/** Rows for commands.ts, in the order in which help lists them. */
export const cacheCommands = [
  { path: 'cache', about: 'verify, repair and switch the build cache (GOCACHE)', isGroup: true },
  {
    path: 'cache verify',
    arguments: '[dir]',
    about: 'verify every output of the build cache against its name, a hash; exit 1 for damage',
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
      'remove damaged outputs and the action entries that point to them, so that go rebuilds them; without --yes it only shows what it would remove',
    options: [...cacheOptions, { flag: '--yes', about: 'remove them' }],
    examples: [
      'godrift cache repair',
      'godrift cache repair --yes',
      'godrift cache repair --gocache /var/cache/go-build --yes',
    ],
  },
  {
    path: 'cache generations',
    about:
      'manage generations of the build cache: copies of it, of which GOCACHE is a symlink to one and can be switched while builds run',
    isGroup: true,
  },
  {
    path: 'cache generations list',
    arguments: '[dir]',
    about: 'list the generations and the processes that use each',
    options: cacheOptions,
    examples: ['godrift cache generations list', 'godrift cache generations list --json'],
  },
  {
    path: 'cache generations adopt',
    arguments: '[dir]',
    about:
      'turn the build cache into the first generation and GOCACHE into a symlink to it; copies nothing, and requires that no build runs',
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
      'create a generation from the intact entries of the current one; it shares the outputs, so it takes almost no space, and builds in one do not change the other',
    options: cacheOptions,
    examples: ['godrift cache generations new'],
  },
  {
    path: 'cache generations swap',
    arguments: '<generation> [dir]',
    about:
      'point GOCACHE to a generation; safe while builds run, since it holds every output that they have seen',
    options: cacheOptions,
    examples: ['godrift cache generations swap g2'],
  },
  {
    path: 'cache generations collect',
    arguments: '[dir]',
    about: 'remove generations that GOCACHE has not pointed to for a while and that no process uses',
    options: collectOptions,
    examples: ['godrift cache generations collect', 'godrift cache generations collect --older-than 7d'],
  },
] as const;
