import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { genSums, gens, goModWithGen, install, offer } from '../tools.ts';

export const scenario: Scenario = {
  title: 'the tool line of go.mod was raised, the installed tool was not',
  on: ['1.26.0'],
  needs: 'tools',
  files: { 'go.mod': goModWithGen('v1.0.0'), 'go.sum': genSums },
  world: async (site) => {
    offer(site, gens);
    for (const one of gens) await install(site, '1.26.0', one);
    await install(site, '1.26.0', gens[0]);
  },
  drift: (site) => site.write('go.mod', goModWithGen('v1.1.0')),
  go: { run: '$HOME/go/bin/gen; go tool gen', says: /^v1\.0\.0\nv1\.1\.0$/ },
  finds: [{ rule: 'tool-not-pinned-version', key: 'tools.gen' }],
  repair: inShell(/ or (GOTOOLCHAIN=\S+ GOBIN=\S+ go install example\.com\/gen@v1\.1\.0)$/),
  healed: { says: /^(v1\.\d\.0)\n\1$/ },
};
