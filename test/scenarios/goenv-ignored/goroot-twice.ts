import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title:
    'GOROOT in GOENV beside an exported one: the tree is the exported one, go.env is looked for in the other',
  on: ['1.27.4'],
  world: (site) => sets({ GOROOT: site.goroot })(site),
  drift: goenv('GOROOT=/nowhere\n'),
  go: { run: 'go env GOROOT GOSUMDB', says: /^\/.+\n$/ },
  finds: [
    { rule: 'goenv-ignored', says: /go reads go\.env of the tree that the line names/ },
    { rule: 'env-invalid', level: 'minor', key: 'env.GOSUMDB', says: /looks for it in \/nowhere\/go\.env/ },
  ],
  repair: removesLine(1, 'GOROOT'),
  healed: { says: /\n\S+$/ },
};
