/** The commands that answer questions: rows of commands.ts. */
import { exporterState, json, target } from './command-options.ts';

/** In the order of help. */
export const explainCommands = [
  {
    path: 'why',
    arguments: '<key> [dir]',
    about:
      'why an entry has its value: every layer that says something, the default, its history, what looks at it, how to set and unset it',
    options: [json, target, exporterState],
    note: 'A key is a variable (GOFLAGS), a key of a snapshot (env.GOFLAGS, toolchain.version, tools.gopls), a line of the project\n(go_mod.go, go_mod.toolchain, go_work.go), a tool, or a module path.',
    examples: ['godrift why GOFLAGS', 'godrift why toolchain', 'godrift why golang.org/x/net --json'],
  },
] as const;
