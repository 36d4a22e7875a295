import { appOfModules, download, requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'requirements in one block, sorted another way',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) =>
    site.write(
      'go.mod',
      requiring('require (', '\texample.com/b v1.0.0 // indirect', '\texample.com/a v1.0.0 // as ever', ')'),
    ),
};
