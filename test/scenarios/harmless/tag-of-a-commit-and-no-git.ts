import { ownModuleCache } from '../modules.ts';
import { commitAll, programFiles, versionOf } from '../repository.ts';
import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'a commit that was listed before it was tagged, and no git: go stamps no version',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off';
    await commitAll(site);
    const said = await site.shell('go list . && git tag v1.2.0');
    if (said.exitCode !== 0) throw new Error(said.text);
    site.env.PATH = bin('1.27.4');
    site.env.CGO_ENABLED = '0';
  },
  go: { run: versionOf.replace('| awk', '| /usr/bin/awk'), says: /^\(devel\)$/ },
};
