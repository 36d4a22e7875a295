import { appOfModules, download, requiresBoth, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a replacement by a folder that is not of this repository',
  on: ['1.24.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    '.git/HEAD': 'ref: refs/heads/main\n',
    '../b/go.mod': 'module example.com/b\n',
    '../b/b.go': 'package b\n\nconst V = "mine"\n',
  },
  world: (site) => download(site),
  drift: (site) => site.write('go.mod', requiring(...requiresBoth, 'replace example.com/b => ../b')),
  go: { run: 'go list -m example.com/b', says: /=> \.\.\/b/ },
  finds: [{ rule: 'requirement-overridden', level: 'patch' }],
  repair: byHand(/none is needed .*; else remove the replace/, (site) =>
    site.write('go.mod', requiring(...requiresBoth)),
  ),
};
