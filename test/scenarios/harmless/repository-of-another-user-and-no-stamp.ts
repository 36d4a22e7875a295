import { commitAll, programFiles } from '../repository.ts';
import type { Harmless } from '../scenario.ts';
import { give, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a repository of another user, and builds that leave the stamp out',
  on: ['1.26.0'],
  files: programFiles,
  world: async (site) => {
    await commitAll(site);
    sets({ GOFLAGS: '-buildvcs=false' })(site);
  },
  change: (site) => give(site.workspace, 4242),
  go: { run: 'go build -o /dev/null .' },
};
