import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byHand, withoutLine } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a full disk cut off the configuration of git of whoever builds',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: (site) => writeFileSync(join(site.home, '.gitconfig'), '[core'),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /cannot parse line 1 of \S+\/\.gitconfig/ }],
  repair: byHand(/^correct line (1) of (\S+), or build/, (_, [, line, file = '']) =>
    withoutLine(file, Number(line)),
  ),
};
