import type { Harmless } from '../scenario.ts';
import { goEnvLine, goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=local of GOENV is what the go.env of the tree comes to say too',
  on: ['1.26.0'],
  clone: { at: 'sdk/go' },
  world: goenv('GOTOOLCHAIN=local\n'),
  change: (site) => goEnvLine(site, 'GOTOOLCHAIN', 'local'),
};
