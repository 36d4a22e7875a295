import { sumLines } from '../../lab/module-proxy.ts';
import { appOfModules, dep, depModules, download, requiresBoth, requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

const win = dep('win');

export const scenario: Harmless = {
  title: 'a module that only files for another platform import is not downloaded',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': requiring(...requiresBoth, 'require example.com/win v1.0.0'),
    'go.sum': sumLines([...depModules, win]),
    'app_windows.go': 'package app\n\nimport _ "example.com/win"\n',
    'tools.go': '//go:build tools\n\npackage app\n\nimport _ "example.com/win"\n',
  },
  world: (site) => download(site),
};
