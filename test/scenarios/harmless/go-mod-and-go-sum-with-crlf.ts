import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go.mod and go.sum with the ends of line of Windows',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) => {
    for (const name of ['go.mod', 'go.sum'] as const)
      site.write(name, appOfModules[name].replaceAll('\n', '\r\n'));
  },
};
