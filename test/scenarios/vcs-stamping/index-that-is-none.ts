import { inShell } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an index that a crash left without its bytes',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: (site) => site.write('.git/index', 'garbage'),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /\.git\/index is damaged/ }],
  repair: inShell(/^(rm \S+ && git -C \S+ reset -q), after which/),
};
