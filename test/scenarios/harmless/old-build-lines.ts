import { appOfModules } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a file for tools behind the old form of a constraint alone: no build reads it',
  on: ['1.21.13', '1.27.4'],
  files: {
    ...appOfModules,
    'app.go': 'package app\n',
    'tools.go': '// +build tools\n\npackage app\n\nimport _ "example.com/a"\n',
  },
  world: (site) => {
    site.env.GOPROXY = 'off';
  },
};
