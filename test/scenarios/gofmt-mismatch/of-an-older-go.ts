import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'a gofmt of an older Go comes first on PATH',
  on: ['1.27.4'],
  needs: 'tools',
  drift: (site) => {
    mkdirSync(join(site.home, 'bin'));
    symlinkSync(join(bin('1.26.0'), 'gofmt'), join(site.home, 'bin/gofmt'));
    site.first(join(site.home, 'bin'));
  },
  go: { run: 'go version "$(command -v gofmt)"', says: /: go1\.26\.0$/ },
  finds: [{ rule: 'gofmt-mismatch' }],
  repair: byHand(/^put (\S+) before \S+ on PATH/, (site, [, directory = '']) => site.first(directory)),
  healed: { says: /: go1\.27\.4$/ },
};
