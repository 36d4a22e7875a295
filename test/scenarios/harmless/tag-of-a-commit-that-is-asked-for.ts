import { ownModuleCache } from '../modules.ts';
import { commitAll, programFiles, versionOf } from '../repository.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'a commit that was listed before it was tagged, and a GOPROXY other than off: go asks for the tag at each build',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off,off';
    await commitAll(site);
  },
  change: async (site) => {
    const said = await site.shell('go list . && git tag v1.2.0');
    if (said.exitCode !== 0) throw new Error(said.text);
  },
  go: { run: versionOf, says: /^v1\.2\.0$/ },
  silent: true,
};
