import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, nobody, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the go line wants an absent one: staying is no way out',
  on: ['1.24.13'],
  world: sets({ GOPROXY: nobody }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26.0\n'),
  go: { run: 'go version', exit: 1, says: /downloading go1\.26\.0/ },
  finds: [{ rule: 'toolchain-download-pending' }],
  repair: byHand(/^put go1\.26\.0 first on PATH(?!.*GOTOOLCHAIN=local)/, (site) => site.first(bin('1.26.0'))),
};
