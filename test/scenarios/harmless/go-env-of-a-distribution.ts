import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Harmless = {
  title: 'the tree of a distribution, which keeps to its Go by a line of go.env',
  on: ['1.27.4'],
  clone: { at: 'sdk/go' },
  change: (site) => {
    const file = join(site.goroot, 'go.env');
    const shipped = readFileSync(file, 'utf8');
    unlinkSync(file);
    put(file, `# As packaged.\n${shipped.replace(/^GOTOOLCHAIN=.*$/m, 'GOTOOLCHAIN=local')}`);
  },
};
