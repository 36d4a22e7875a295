import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the go line wants a newer one and GOPROXY=off',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'off' }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.27.3\n'),
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /download go1\.27\.3 for linux\/amd64: toolchain not available/,
  },
  finds: [{ rule: 'toolchain-not-installed' }, { kind: 'pin', rule: 'pin-go-mod', level: 'minor' }],
  repair: byHand(/^put go1\.27\.3 first on PATH(?!.*GOTOOLCHAIN=local)/, (site) => site.first(bin('1.27.4'))),
  source: 'golang/go#65568',
};
