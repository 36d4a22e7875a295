import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { gomod, main } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOBIN is the bin of GOROOT, as mise sets it, and a program was installed there',
  source: 'mise 2026.9.15',
  on: ['1.26.0'],
  clone: { at: 'sdk/of-mise' },
  files: { ...gomod('go 1.21'), ...main() },
  world: (site) => {
    site.env.GOBIN = join(site.goroot, 'bin');
  },
  check: ['--cache'],
  change: async (site) => {
    const { text, exitCode } = await site.shell('go install .');
    if (exitCode !== 0) throw new Error(text);
  },
};
