// Detection of editors by their command lines in /proc, and of terminals and CI by their environment.
import { describe, expect, it } from 'vitest';
import { editorOf } from '../../../src/catalog/editors.ts';
import { detectCi, detectTerminal } from '../../../src/observe/collectors/context/context.ts';

it.each([
  [['/usr/share/code/code', '--unity-launch', '/src/app'], 'vscode'],
  [['/usr/share/code/code', '--type=renderer'], undefined],
  [['/proc/self/exe', '--type=utility'], undefined],
  [['/opt/vscodium/codium'], 'vscodium'],
  [['/tmp/.mount_Cursor1/usr/share/cursor/cursor', '.'], 'cursor'],
  [['/home/u/.vscode-server/bin/0/node', '/home/u/.vscode-server/bin/0/out/server-main.js'], 'vscode'],
  [
    ['/opt/goland/jbr/bin/java', '-Xmx2g', '-Didea.paths.selector=GoLand2026.2', 'com.intellij.idea.Main'],
    'goland',
  ],
  [['/opt/idea/bin/idea', '/src/app'], 'idea'],
  [['nvim', 'main.go'], 'neovim'],
  [['/usr/bin/vim.basic'], 'vim'],
  [['emacs-gtk', '--daemon'], 'emacs'],
  [['/home/u/.local/zed.app/libexec/zed-editor'], 'zed'],
  [['/home/u/go/bin/gopls', '-mode=stdio'], 'gopls'],
  [['/usr/bin/node', 'server-main.js'], undefined],
  [['java', '-jar', 'x.jar'], undefined],
  [['bash', '-c', 'code /src'], undefined],
  [[], undefined],
])('editorOf recognises %j as %s', (argv, ide) => {
  expect(editorOf(argv)?.ide).toBe(ide);
});

describe('the environment', () => {
  it.each([
    [{ TERM_PROGRAM: 'vscode', TMUX: '/tmp/x' }, 'vscode'],
    [{ TMUX: '/tmp/x', SSH_TTY: '/dev/pts/1' }, 'tmux'],
    [{ STY: '1.pts' }, 'screen'],
    [{ SSH_CONNECTION: '1 2 3 4' }, 'ssh'],
    [{ TERMINAL_EMULATOR: 'JetBrains-JediTerm' }, 'JetBrains-JediTerm'],
    [{ TMUX: '' }, undefined],
  ])('%j belongs to the terminal %s', (environment, terminal) => {
    expect(detectTerminal(new Map(Object.entries(environment)))).toBe(terminal);
  });

  it.each([
    [{ CI: 'true', GITHUB_ACTIONS: 'true' }, 'github-actions'],
    [{ GITHUB_ACTIONS: 'true', GITEA_ACTIONS: 'true' }, 'gitea-actions'],
    [{ CI: 'woodpecker' }, 'woodpecker'],
    [{ CI: 'true', TF_BUILD: 'True' }, 'azure-pipelines'],
    [{ CI: '1' }, 'unknown'],
    [{ CI: 'false' }, undefined],
    [{}, undefined],
  ])('%j belongs to the CI %s', (environment, ci) => {
    expect(detectCi(new Map(Object.entries(environment)))).toBe(ci);
  });
});
