import { ownModuleCache } from '../modules.ts';
import { inShell } from '../repairs.ts';
import { commitAll, programFiles, versionOf } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an editor lists a commit, and then it is tagged: the release calls itself by a pseudo-version',
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off';
    await commitAll(site, 'v1.2.0');
  },
  drift: async (site) => {
    site.write('app.go', 'package main\n\nfunc main() { println(2) }\n');
    await commitAll(site);
    await site.shell('go list . && git tag v1.2.1');
  },
  go: { run: versionOf, says: /^v1\.2\.1-0\.\d{14}-[0-9a-f]{12}$/ },
  finds: [
    {
      rule: 'vcs-version-stale',
      says: /stamps programs with v1\.2\.1-0\.\S+, not with v1\.2\.1: .* tagged v1\.2\.1/,
    },
  ],
  repair: inShell(/^(rm \S+\.info)$/),
  healed: { says: /^v1\.2\.[01]$/ },
};
