import { inShell } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Scenario = {
  title: 'a checkout that belongs to another user than the one who builds, as on a volume of a container',
  on: ['1.26.0', '1.21.13'],
  files: programFiles,
  baseline: 'accepted',
  world: commitAll,
  drift: (site) => give(site.workspace, 4242),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /belongs to uid 4242, while uid 0 builds/ }],
  repair: inShell(/^(git config --global --add safe\.directory \S+) where its owner is trusted/),
  source: 'osbuild/image-builder#2100',
};
