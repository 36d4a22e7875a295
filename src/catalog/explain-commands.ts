/** The commands that answer questions: rows of commands.ts. */
import { exporterConfig, exporterState, json } from './command-options.ts';

/** In the order of help. */
export const explainCommands = [
  {
    path: 'why',
    arguments: '<key> [dir]',
    about:
      'why an entry has its value: every layer that says something, the default, its history, what looks at it, how to set and unset it',
    options: [
      json,
      {
        flag: '--target <name>',
        about:
          'name of the target, as the exporter calls it: its environment is looked at, and not that of this shell',
      },
      exporterState,
      exporterConfig,
    ],
    note: 'A key is a variable (GOFLAGS), a key of a snapshot (env.GOFLAGS, toolchain.version, tools.gopls), a line of the project\n(go_mod.go, go_mod.toolchain, go_work.go), a tool, or a module path.',
    examples: [
      'godrift why GOFLAGS',
      'godrift why GOFLAGS --target api',
      'godrift why toolchain',
      'godrift why golang.org/x/net --json',
    ],
  },
  {
    path: 'what-if',
    arguments: '[snapshots...]',
    about:
      'what a change would do to this workspace, or to snapshots that are named: the toolchain that each would select, conflicts that come and go, tools that fall behind; nothing is changed. Exit 1 where builds would be refused or a conflict comes, 2 where a snapshot of a fleet cannot be read',
    options: [
      {
        flag: '--set <key=value>',
        about:
          'a variable (env.GOFLAGS=-mod=mod; empty takes it away) or a line (go_mod.go=1.27, go_mod.toolchain=none, go_work.go=1.27); may be repeated',
        isRepeated: true,
      },
      { flag: '--go <version>', about: 'the go that comes first on PATH' },
      {
        flag: '--fleet <dir>',
        about:
          'all snapshots below a directory (*.snapshot, and *.json as godrift targets --snapshots prints it); folders in it are pools',
      },
      json,
    ],
    examples: [
      'godrift what-if --go 1.27.4',
      'godrift what-if --set go_mod.go=1.27 .godrift.snapshot',
      'godrift what-if --set go_mod.go=1.27 --fleet snapshots/',
      'godrift what-if --set env.GOTOOLCHAIN=local --set go_mod.go=1.27 --fleet snapshots/ --json',
    ],
  },
] as const;
