import type { Harmless } from '../scenario.ts';
import { goEnvLine } from '../site.ts';

export const scenario: Harmless = {
  title: 'the tree of a distribution, which keeps to its Go by a line of go.env',
  on: ['1.27.4'],
  clone: { at: 'sdk/go' },
  change: (site) => goEnvLine(site, 'GOTOOLCHAIN', 'local'),
};
