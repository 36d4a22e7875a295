import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { byHand, withoutLine } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a merge left its markers in the configuration of the repository',
  on: ['1.26.0', '1.21.13'],
  files: programFiles,
  world: commitAll,
  drift: (site) => appendFileSync(join(site.workspace, '.git/config'), '<<<<<<< HEAD\n'),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /cannot parse line \d+ of \S+\/\.git\/config/ }],
  repair: byHand(/^correct line (\d+) of (\S+), or build/, (_, [, line, file = '']) =>
    withoutLine(file, Number(line)),
  ),
};
