import { byHand } from '../repairs.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a repository that a program made whose extension this git does not know',
  on: ['1.26.0'],
  files: programFiles,
  world: commitAll,
  drift: async (site) => {
    await site.shell('git config core.repositoryformatversion 1 && git config extensions.foo bar');
  },
  go: { run: 'go build -o /dev/null .', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /git [\d.]+ refuses to work in \S+, as \S+ has extensions\.foo/ }],
  repair: byHand(/^correct (\S+)\/\.git\/config or take a git that knows it/, async (site) => {
    // Git itself does not edit what it refuses.
    await site.shell("sed -i 's/repositoryformatversion = 1/repositoryformatversion = 0/' .git/config");
  }),
};
