import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'toolchain default where builds may rewrite go.mod',
  on: ['1.26.0'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.24\n\ntoolchain default\n' },
  world: sets({ GOFLAGS: '-mod=mod' }),
  but: ['goflags-rewrites-gomod'],
};
