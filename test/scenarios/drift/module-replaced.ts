import { appOfModules, download, programOfModules, requiresBoth, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a module is built from a folder: go says nothing',
  on: ['1.26.0'],
  needs: 'modules',
  files: {
    ...programOfModules,
    'b/go.mod': 'module example.com/b\n',
    'b/b.go': 'package b\n\nconst V = "mine"\n',
  },
  baseline: 'committed',
  world: (site) => download(site),
  drift: (site) => site.write('go.mod', requiring(...requiresBoth, 'replace example.com/b => ./b')),
  go: { run: 'go run .', says: /^mine$/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'major', key: 'modules.example.com/b' }],
  repair: byHand(/./, (site) => site.write('go.mod', appOfModules['go.mod'])),
  healed: { says: /^v1\.0\.0$/ },
};
