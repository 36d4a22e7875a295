import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeProxy } from '../../lab/module-proxy.ts';
import { appOfModules, depModules, moduleCache } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

const uid = 4242;

export const scenario: Scenario = {
  title: 'a module cache that is not there, and that the user may not make',
  on: ['1.26.0'],
  needs: 'modules',
  uid,
  files: appOfModules,
  world: (site) => {
    const proxy = join(site.home, 'proxy');
    writeProxy(proxy, depModules);
    Object.assign(site.env, { GOPROXY: `file://${proxy}`, GONOSUMDB: 'example.com', GOFLAGS: '-modcacherw' });
  },
  drift: (site) => {
    rmSync(moduleCache(site, ''), { recursive: true, force: true });
    const above = join(site.home, 'go/pkg');
    mkdirSync(above, { recursive: true });
    chownSync(above, 0, 0);
    chmodSync(above, 0o755);
  },
  go: { run: 'go build ./...', exit: 1, says: /could not create module cache: mkdir \S+: permission denied/ },
  finds: [{ rule: 'module-unavailable', says: /belongs to uid 0, and uid 4242 may not write/ }],
  repair: byHand(/^sudo mkdir -p (\S+) && sudo chown 4242 \1, or /, (_, [, directory = '']) => {
    mkdirSync(directory);
    give(directory, uid);
  }),
  source: 'devcontainers/features#744',
};
