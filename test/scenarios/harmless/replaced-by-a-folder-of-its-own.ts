import { requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a requirement that is replaced by a folder of the workspace needs no sum',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    'go.mod': requiring('require example.com/lib v0.0.0', 'replace example.com/lib => ./lib'),
    'app.go': 'package app\n\nimport _ "example.com/lib"\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.20\n',
    'lib/lib.go': 'package lib\n',
  },
};
