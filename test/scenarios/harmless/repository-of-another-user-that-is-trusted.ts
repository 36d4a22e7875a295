import { join } from 'node:path';
import { commitAll, programFiles } from '../repository.ts';
import type { Harmless } from '../scenario.ts';
import { give, put } from '../site.ts';

export const scenario: Harmless = {
  title: 'a repository of another user, which a file that the configuration of git includes calls safe',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  change: (site) => {
    put(join(site.home, '.gitconfig'), '[Include]\n\tpath = "trusted.inc" ; ours\n');
    put(join(site.home, 'trusted.inc'), `[safe]\n\tdirectory = ${site.workspace}/\n\tdirectory = "*"\n`);
    give(site.workspace, 4242);
  },
  go: { run: 'go build -o /dev/null .' },
};
