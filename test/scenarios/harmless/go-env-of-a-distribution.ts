import type { Harmless } from '../scenario.ts';
import { goEnvLine } from '../site.ts';

export const scenario: Harmless = {
  title:
    'what is committed was made with a released tree, and a distribution keeps to its Go by a line of go.env',
  baseline: 'committed',
  on: ['1.27.4'],
  clone: { at: 'sdk/go' },
  change: (site) => goEnvLine(site, 'GOTOOLCHAIN', 'local'),
};
