import { ownModuleCache } from '../modules.ts';
import { commitAll, programFiles } from '../repository.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'tags of the present commit that are no version of this module, and a module cache that knows the commit',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off';
    await commitAll(site);
  },
  change: async (site) => {
    const said = await site.shell(
      'go list . && for tag in v1.2 v2.0.0 sub/v1.0.0 release v1.0.0+build; do git tag $tag; done',
    );
    if (said.exitCode !== 0) throw new Error(said.text);
  },
  silent: true,
};
