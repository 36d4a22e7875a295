import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cacheToolchain, goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN that somebody wrote with go env -w outlives the upgrade that the project needs',
  on: ['1.26.0'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.25\n' },
  world: (site) => {
    cacheToolchain(site, '1.24.13');
    sets({ GOPROXY: `file://${site.home}`, GOSUMDB: 'off' })(site);
  },
  drift: goenv('GOTOOLCHAIN=go1.24.13\n'),
  go: { run: 'go build ./...', exit: 1, says: /requires go >= 1\.25 \(running go 1\.24\.13/ },
  finds: [
    { rule: 'toolchain-too-old', says: /of \S+\/go\/env:1 forbids switching/ },
    { kind: 'pin', rule: 'pin-go-mod', level: 'minor' },
  ],
  repair: removesLine(1, 'GOTOOLCHAIN'),
  beside: ['sumdb-disabled'],
  source: 'golang/go#71869',
};
