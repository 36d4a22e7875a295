import { commitAll, programFiles } from '../repository.ts';
import type { Harmless } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Harmless = {
  title:
    'a repository with a .git file below a repository of another user: go 1.27 asks git about the inner one',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    await commitAll(site);
    const said = await site.shell(
      'mv .git ../inner && printf "gitdir: ../inner\\n" > .git && git init -q ..',
    );
    if (said.exitCode !== 0) throw new Error(said.text);
    give(`${site.workspace}/../.git`, 4242);
  },
  go: { run: 'go build -o /dev/null ./...' },
};
