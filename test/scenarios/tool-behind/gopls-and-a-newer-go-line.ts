import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod } from '../site.ts';
import { gopls, install, offer } from '../tools.ts';

export const scenario: Scenario = {
  title: 'a gopls that an older Go built, and a go line that was raised',
  source: 'golangci/golangci-lint#5641, kserve/kserve#6146',
  on: ['1.26.0'],
  needs: 'tools',
  world: async (site) => {
    offer(site, [gopls]);
    await install(site, '1.21.13', gopls);
  },
  drift: (site) => site.write('go.mod', gomod('go 1.24')['go.mod']),
  go: { run: '$HOME/go/bin/gopls', exit: 1, says: /requires newer Go version go1\.24/ },
  finds: [{ rule: 'tool-behind', key: 'tools.gopls' }],
  repair: inShell(/^(GOTOOLCHAIN=go1\.26\.0 GOBIN=\S+ go install golang\.org\/x\/tools\/gopls@v0\.14\.2)$/),
};
