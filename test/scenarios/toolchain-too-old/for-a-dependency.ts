import { join } from 'node:path';
import type { HandMade } from '../../lab/module-proxy.ts';
import { sumLines } from '../../lab/module-proxy.ts';
import { download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sets } from '../site.ts';

const newer: HandMade = { path: 'example.com/b', version: 'v1.0.0', go: '1.25.0' };
const goMod = (go: string) => `module example.com/app\n\ngo ${go}\n\nrequire example.com/b v1.0.0\n`;

export const scenario: Scenario = {
  title: 'a dependency whose go line is above the go that builds',
  on: ['1.24.13'],
  needs: 'modules',
  // A process that stays asks again when a file of the modules changes, not when a source does.
  fresh: true,
  files: { 'go.mod': goMod('1.21'), 'go.sum': sumLines([newer]) },
  world: async (site) => {
    await download(site, [newer], join(bin('1.26.0'), 'go'));
    sets({ GOTOOLCHAIN: 'local' })(site);
  },
  drift: (site) => site.write('app.go', 'package app\n\nimport "example.com/b"\n\nconst V = b.V\n'),
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /example\.com\/b@v1\.0\.0 requires go >= 1\.25\.0 \(running go 1\.24\.13/,
  },
  finds: [{ rule: 'toolchain-too-old' }],
  repair: byHand(/^put a go >= 1\.25\.0 first on PATH/, (site) => {
    site.first(bin('1.26.0'));
    site.write('go.mod', goMod('1.25.0'));
  }),
};
