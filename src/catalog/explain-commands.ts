/** The commands that explain an environment and predict changes: rows of commands.ts. */
import { exporterConfig, exporterState, json } from './command-options.ts';

/** Rows for commands.ts, in the order in which help lists them. */
export const explainCommands = [
  {
    path: 'why',
    arguments: '<key> [dir]',
    about:
      'explain why an entry has its value: every layer that sets it, the default, its history, the rules that read it, and how to set and unset it',
    options: [
      json,
      {
        flag: '--target <name>',
        about:
          'name of the target, as configured in the exporter; explains its environment instead of that of this shell',
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
      'predict what a change would do to this workspace or to the given snapshots: the toolchain that each would select, conflicts that appear and disappear, tools that become outdated. Changes nothing. Exit 1 if go would refuse to build or a conflict would appear, 2 if a snapshot of a fleet cannot be read',
    options: [
      {
        flag: '--set <key=value>',
        about:
          'set a variable (env.GOFLAGS=-mod=mod; an empty value unsets it) or a line of a file (go_mod.go=1.27, go_mod.toolchain=none, go_work.go=1.27); may be repeated',
        isRepeated: true,
      },
      { flag: '--go <version>', about: 'put a go of this version first on PATH' },
      {
        flag: '--fleet <dir>',
        about:
          'predict for all snapshots below a directory (*.snapshot, and *.json from godrift targets --snapshots); its subdirectories are pools',
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
