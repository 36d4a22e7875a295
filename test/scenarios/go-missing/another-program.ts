import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go on PATH that is another program, an SDK in HOME',
  on: ['none'],
  drift: (site) => {
    mkdirSync(join(site.home, 'bin'));
    mkdirSync(join(site.home, 'sdk'));
    symlinkSync(join(sdk('1.26.0').goroot, 'bin/gofmt'), join(site.home, 'bin/go'));
    symlinkSync(sdk('1.27.4').goroot, join(site.home, 'sdk/go1.27.4'));
    site.first(join(site.home, 'bin'));
  },
  go: { run: 'go build', exit: 2, says: /build/ },
  finds: [{ rule: 'go-missing' }],
  repair: byHand(/put (\S*sdk\/go1\.27\.4\/bin) first on PATH/, (site, [, directory = '']) =>
    site.first(directory),
  ),
};
