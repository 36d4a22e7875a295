import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath } from '../site.ts';

export const scenario: Scenario = {
  title:
    '.go-version and the toolchain line of go.mod contradict each other: the go that is first on PATH is the right one already',
  on: ['1.26.0'],
  files: { '.go-version': '1.26.0\n' },
  world: (site) => linkOnPath(site, '1.27.0'),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntoolchain go1.27.0\n'),
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [{ kind: 'pin', rule: 'pin-go-version', level: 'minor' }],
  repair: byHand(/^(\S+)\/go\.mod:5 asks for go1\.27\.0, which contradicts \1\/\.go-version/, (site) =>
    site.write('go.mod', 'module example.com/app\n\ngo 1.21\n'),
  ),
  healed: { says: /go1\.26\.0 / },
};
