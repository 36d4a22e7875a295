import { appOfModules, dep, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'other projects fill the module cache',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) => download(site, [dep('c'), dep('d', 'v0.1.0')]),
};
