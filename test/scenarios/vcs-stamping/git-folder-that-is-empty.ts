import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import { programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a .git without its content, as an image is built that leaves it out',
  on: ['1.26.0'],
  files: programFiles,
  drift: (site) => {
    mkdirSync(join(site.workspace, '.git'));
  },
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /is a folder, but no repository of git/ }],
  repair: byHand(/^remove (\S+\/\.git), or build with/, (_, [, folder = '']) =>
    rmSync(folder, { recursive: true }),
  ),
};
