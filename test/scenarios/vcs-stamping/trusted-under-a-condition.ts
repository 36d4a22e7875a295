import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Scenario = {
  title: 'a checkout of another user, trusted under a condition that git does not ask then',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: (site) => {
    writeFileSync(join(site.home, 'more'), '[safe]\n\tdirectory = *\n');
    const condition = `[includeIf "gitdir:${site.workspace}/"]\n\tpath = more\n`;
    writeFileSync(join(site.home, '.gitconfig'), condition);
    give(site.workspace, 4242);
  },
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /no safe\.directory of its configuration covers it/ }],
  repair: inShell(/^(git config --global --add safe\.directory \S+) where its owner is trusted/),
};
