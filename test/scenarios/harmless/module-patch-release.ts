import { appOfModules, download, requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a dependency goes up by a patch release',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) =>
    site.write(
      'go.mod',
      requiring('require example.com/a v1.0.0', 'require example.com/b v1.0.1 // indirect'),
    ),
};
