import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, gomod, installSdk, sets } from '../site.ts';

export const scenario: Scenario = {
  title:
    '.go-version takes a minor, go.mod a late patch release of it: the repair is the SDK that meets both',
  on: ['1.27.4'],
  files: { ...gomod('go 1.27.1'), '.go-version': '1.27\n' },
  world: (site) => {
    sets({ GOTOOLCHAIN: 'local' })(site);
    for (const version of ['1.27.0', '1.27.4'] as const) installSdk(site, version);
  },
  drift: (site) => {
    site.env.PATH = `${bin('1.26.0')}:/usr/bin:/bin`;
  },
  go: { run: 'go build ./...', exit: 1, says: /requires go >= 1\.27\.1/ },
  finds: [
    { kind: 'pin', rule: 'pin-go-version', level: 'minor' },
    { kind: 'pin', rule: 'pin-go-mod', level: 'minor' },
    { rule: 'toolchain-too-old' },
  ],
  repair: byHand(/^put a go1\.27 first on PATH \(found: ([^)]+)\)/, (site, [, directory = '']) =>
    site.first(directory),
  ),
};
