import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import { programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Scenario = {
  title: 'a worktree whose main repository belongs to another user: go takes its .git file since 1.27',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    const said = await site.shell(
      'git init -q ../main && git -C ../main -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one && git -C ../main worktree add -q ../linked && mv ../linked/.git . && git -C ../main worktree repair "$PWD"',
    );
    if (said.exitCode !== 0) throw new Error(said.text);
  },
  drift: (site) => give(join(site.workspace, '../main'), 4242),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /as \S+\/main\/\.git\/worktrees\/linked belongs to uid 4242/ }],
  repair: inShell(/^(git config --global --add safe\.directory \S+) where its owner is trusted/),
};
