import { join } from 'node:path';
import { ownModuleCache } from '../modules.ts';
import { inShell } from '../repairs.ts';
import { commitAll, programFiles, versionOf } from '../repository.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

const [name, text] = ['app.go', programFiles['app.go']];

export const scenario: Scenario = {
  title:
    'a tag with a message, packed, of the second major version of a module in a folder, whose commit was built before',
  on: ['1.26.0'],
  files: { 'go.mod': 'module example.com/Big/app/v2\n\ngo 1.21\n', [name]: text },
  world: async (site) => {
    ownModuleCache(site);
    site.env.GOPROXY = 'off';
    put(join(site.workspace, '../go.mod'), 'module example.com/Big\n\ngo 1.21\n');
    await commitAll(site, 'app/v2.0.0', '..');
  },
  drift: async (site) => {
    site.write(name, `${text}\nconst changed = true\n`);
    await commitAll(site, undefined, '..');
    const said = await site.shell(
      `${versionOf} && git tag v1.9.0 && git tag v2.1.0 && git -c user.name=a -c user.email=a@example.com tag -a -m second app/v2.1.0 && git pack-refs --all`,
    );
    if (said.exitCode !== 0) throw new Error(said.text);
  },
  go: { run: versionOf, says: /^v2\.0\.1-0\.\d{14}-[0-9a-f]{12}$/ },
  finds: [{ rule: 'vcs-version-stale', says: /not with v2\.1\.0: .* tagged app\/v2\.1\.0/ }],
  repair: inShell(/^(rm '\S+\.info')$/),
  healed: { says: /^v2\.[01]\.0$/ },
};
