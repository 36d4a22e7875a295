import { mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cacheToolchain, sdk, sets } from '../site.ts';

const version = 'v0.0.1-go1.26.0.linux-amd64';
const zip = `cache/download/golang.org/toolchain/@v/${version}.zip`;
const folder = `golang.org/toolchain@${version}`;

export const scenario: Scenario = {
  title:
    'a folder without a go where the module cache has the wanted toolchain: go takes it for unpacked for ever',
  source: 'discovered: a toolchain counts as unpacked when its folder exists',
  on: ['1.27.4'],
  world: (site) => {
    cacheToolchain(site, '1.26.0');
    symlinkSync(join(dirname(dirname(sdk('1.26.0').goroot)), zip), join(site.home, 'go/pkg/mod', zip));
    // A lone proxy of files needs no database.
    sets({ GOTOOLCHAIN: 'go1.26.0', GOPROXY: `file://${site.home}`, GOSUMDB: 'off' })(site);
  },
  drift: (site) => {
    unlinkSync(join(site.home, 'go/pkg/mod', folder));
    mkdirSync(join(site.home, 'go/pkg/mod', folder));
  },
  go: { run: 'go version', exit: 1, says: /bin\/go: no such file or directory/ },
  finds: [{ rule: 'toolchain-partial', says: /lies unfinished in the module cache/ }],
  beside: ['sumdb-disabled'],
  repair: inShell(/^(touch \S+\.partial):/),
  healed: { says: /go1\.26\.0/ },
};
