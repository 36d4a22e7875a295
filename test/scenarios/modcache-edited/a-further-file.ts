import { rmSync } from 'node:fs';
import { appOfModules, download, moduleCache } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a file added to an extracted module',
  on: ['1.21.13'],
  needs: 'modules',
  fresh: true,
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => put(moduleCache(site, 'example.com/a@v1.0.0/z.go'), 'package a\n'),
  go: { run: 'go mod verify', exit: 1, says: /dir has been modified/ },
  finds: [{ rule: 'modcache-edited' }],
  repair: byHand(/run (go mod download example\.com\/a@v1\.0\.0)/, (site) =>
    rmSync(moduleCache(site, 'example.com/a@v1.0.0/z.go')),
  ),
};
