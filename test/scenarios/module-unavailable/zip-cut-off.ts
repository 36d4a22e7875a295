import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download, moduleCache } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

const archive = 'cache/download/example.com/b/@v/v1.0.0.zip';

export const scenario: Scenario = {
  title: 'a zip of the download cache that was cut off, of a module that is not unpacked',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  baseline: 'accepted',
  fresh: true,
  world: async (site) => {
    await download(site);
    site.env.GOPROXY = `file://${join(site.home, 'proxy')}`;
    site.env.GOFLAGS = '-modcacherw';
    site.env.GONOSUMDB = 'example.com';
  },
  drift: (site) => {
    rmSync(moduleCache(site, 'example.com/b@v1.0.0'), { recursive: true });
    const zip = readFileSync(moduleCache(site, archive));
    writeFileSync(moduleCache(site, archive), zip.subarray(0, zip.length / 2));
  },
  go: { run: 'go build ./...', exit: 1, says: /zip: not a valid zip file/ },
  finds: [
    {
      rule: 'module-unavailable',
      key: 'modules.example.com/b',
      says: /its zip in the module cache is incomplete/,
    },
  ],
  repair: byHand(/^rm -f (\S+): the next command downloads it again$/, (_, [, file = '']) => rmSync(file)),
  source: 'goproxyio/goproxy#107',
};
