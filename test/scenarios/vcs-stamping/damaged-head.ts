import { byHand } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a HEAD that a crash left damaged: nobody is told to remove the repository',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: (site) => site.write('.git/HEAD', 'garbage\n'),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /\.git is damaged/ }],
  repair: byHand(/^restore the HEAD of \S+\/\.git/, (site) =>
    site.write('.git/HEAD', 'ref: refs/heads/master\n'),
  ),
};
