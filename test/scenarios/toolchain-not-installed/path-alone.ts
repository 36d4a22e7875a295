import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN=path and nothing of that name on PATH',
  on: ['1.26.0'],
  world: sets({ GOTOOLCHAIN: 'path' }),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26\n\ntoolchain go1.27.0\n'),
  go: { run: 'go build ./...', exit: 1, says: /cannot find "go1\.27\.0" in PATH/ },
  finds: [{ rule: 'toolchain-not-installed' }, { kind: 'pin', rule: 'pin-toolchain-line', level: 'minor' }],
  repair: byHand(/put (go1\.27\.0) first on PATH/, (site) => linkOnPath(site, '1.27.0')),
};
