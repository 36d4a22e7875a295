import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod, linkOnPath } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT in GOENV and a switch to a go on PATH, which takes GOROOT from the process alone',
  on: ['1.26.0'],
  files: gomod('go 1.27.0'),
  world: (site) => linkOnPath(site, '1.27.0'),
  drift: (site) => site.goenv(`GOROOT=${site.goroot}\n`),
  go: { run: 'go build ./...', exit: 1, says: /does not match go tool version/ },
  finds: [{ rule: 'goroot-mismatch' }],
  repair: removesLine(1, 'GOROOT'),
};
