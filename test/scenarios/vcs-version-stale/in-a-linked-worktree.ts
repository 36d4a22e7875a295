import { ownModuleCache } from '../modules.ts';
import { inShell } from '../repairs.ts';
import { commitAll, programFiles, versionOf } from '../repository.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a release is built in a linked worktree, whose commit was listed before it was tagged',
  // Older ones take no file .git for a repository.
  on: ['1.27.4'],
  files: programFiles,
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off';
    const said = await site.shell(
      `here=$PWD && git init -q ../main && cd ../main && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m zero && git worktree add -q --detach ../linked && mv ../linked/.git "$here" && git worktree repair "$here"`,
    );
    if (said.exitCode !== 0) throw new Error(said.text);
    await commitAll(site, 'v1.2.0');
  },
  drift: async (site) => {
    site.write('app.go', 'package main\n\nfunc main() { println(2) }\n');
    await commitAll(site);
    await site.shell('go list . && git tag v1.2.1 && git pack-refs --all');
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
