import { join } from 'node:path';
import { download, moduleCache, programOfModules } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'an extracted module that was edited: builds take it without a word',
  on: ['1.27.4'],
  needs: 'modules',
  fresh: true,
  files: programOfModules,
  world: (site) => download(site),
  drift: (site) => put(moduleCache(site, 'example.com/b@v1.0.0/a.go'), 'package b\n\nconst V = "evil!!"\n'),
  go: { run: 'go run .', says: /^evil!!$/ },
  finds: [{ rule: 'modcache-edited' }],
  repair: byHand(
    /remove (\S+) \(chmod -R u\+w it first\) and run (go mod download \S+)/,
    async (site, [, at = '', command]) => {
      const proxy = `GOPROXY=file://${join(site.home, 'proxy')} GOSUMDB=off GOFLAGS=-modcacherw`;
      const said = await site.shell(`chmod -R u+w ${at} && rm -r ${at} && ${proxy} ${command}`);
      if (said.exitCode !== 0) throw new Error(said.text);
    },
  ),
  healed: { says: /^v1\.0\.0$/ },
};
