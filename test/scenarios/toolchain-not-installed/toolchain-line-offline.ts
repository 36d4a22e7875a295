import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the toolchain line wants a newer one and GOPROXY=off',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'off' }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26\n\ntoolchain go1.27.9\n'),
  go: { run: 'go build ./...', exit: 1, says: /toolchain not available/ },
  finds: [{ rule: 'toolchain-not-installed' }, { kind: 'pin', rule: 'pin-toolchain-line', level: 'minor' }],
  repair: byHand(/run with GOTOOLCHAIN=(local)/, (site, [, value]) =>
    sets({ GOTOOLCHAIN: value as string })(site),
  ),
  remains: ['pin-toolchain-line'],
};
