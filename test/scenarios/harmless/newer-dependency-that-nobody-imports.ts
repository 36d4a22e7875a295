import { join } from 'node:path';
import type { HandMade } from '../../lab/module-proxy.ts';
import { sumLines } from '../../lab/module-proxy.ts';
import { download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

const newer: HandMade = { path: 'example.com/b', version: 'v1.0.0', go: '1.25.0' };
const goMod = (go: string) => `module example.com/app\n\ngo ${go}\n\nrequire example.com/b v1.0.0\n`;

export const scenario: Harmless = {
  title: 'a requirement of a higher go line that no package imports from: go does not look at it',
  on: ['1.26.0', '1.24.13'],
  needs: 'modules',
  files: { 'go.mod': goMod('1.21'), 'go.sum': sumLines([newer]) },
  world: (site) => download(site, [newer], join(bin('1.26.0'), 'go')),
};
