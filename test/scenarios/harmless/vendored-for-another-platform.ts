import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a vendored package without files that only a build for Windows imports',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'app.go': 'package app\n',
    'app_windows.go': 'package app\n\nimport "example.com/a"\n\nconst V = a.V\n',
  },
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
    rmSync(join(site.workspace, 'vendor/example.com/b'), { recursive: true });
  },
};
