import { inShell } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'GIT_DIR of a hook left exported, whose repository is gone',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: (site) => {
    site.env.GIT_DIR = '/nonexistent/.git';
  },
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /GIT_DIR=\/nonexistent\/\.git names no repository/ }],
  repair: inShell(/^(unset GIT_DIR), or build/),
};
