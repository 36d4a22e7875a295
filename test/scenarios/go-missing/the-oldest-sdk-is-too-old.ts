import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod, installSdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'no go on PATH, and of the SDKs in the home the project takes the one in the middle',
  on: ['1.26.0'],
  files: { ...gomod('go 1.24'), '.go-version': '1.26\n' },
  world: (site) => {
    for (const version of ['1.21.13', '1.26.0', '1.27.4'] as const) installSdk(site, version);
  },
  drift: (site) => {
    site.env.PATH = '/usr/bin:/bin';
  },
  go: { run: 'go build ./...', exit: 127, says: /not found/ },
  finds: [{ rule: 'go-missing' }],
  repair: byHand(/^put (\S+) on PATH \(go1\.26\.0\)/, (site, [, directory = '']) => site.first(directory)),
};
