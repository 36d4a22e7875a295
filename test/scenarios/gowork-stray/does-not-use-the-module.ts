import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.work above that does not use the module',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  drift: (site) => {
    put(join(site.home, 'src/other/go.mod'), 'module example.com/other\n\ngo 1.21\n');
    put(join(site.home, 'src/go.work'), 'go 1.21\n\nuse ./other\n');
  },
  go: { run: 'go build ./...', exit: 1, says: /does not contain modules listed in go.work/ },
  finds: [{ rule: 'gowork-stray', level: 'major', says: /above the workspace/ }],
  repair: byHand(/^set GOWORK=(off) for this workspace/, (site, [, value]) =>
    sets({ GOWORK: value as string })(site),
  ),
  source: 'golang/go#49632',
};
