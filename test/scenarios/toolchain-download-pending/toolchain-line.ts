import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { nobody, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the toolchain line wants an absent one',
  on: ['1.26.0'],
  world: sets({ GOPROXY: nobody }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26\n\ntoolchain go1.27.4\n'),
  go: { run: 'go version', exit: 1, says: /downloading go1\.27\.4/ },
  finds: [{ rule: 'toolchain-download-pending' }],
  repair: byHand(/put go1\.27\.4 first on PATH.*GOTOOLCHAIN=(local)/, (site, [, value]) =>
    sets({ GOTOOLCHAIN: value as string })(site),
  ),
  remains: ['pin-toolchain-line'],
};
