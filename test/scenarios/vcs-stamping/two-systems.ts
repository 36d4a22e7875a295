import { byHand } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a folder of another version control beside .git',
  on: ['1.26.0', '1.24.13'],
  files: programFiles,
  world: commitAll,
  drift: (site) => site.write('.hg/requires', ''),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /multiple VCS detected/ },
  finds: [{ rule: 'vcs-stamping', says: /multiple VCS detected, hg in \S+ and git in/ }],
  repair: byHand(/^move (\S+)\/\.hg out of the way/, async (site) => {
    await site.shell('rm -r .hg');
  }),
};
