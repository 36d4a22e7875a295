import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a nested module with files of its own',
  on: ['1.27.4'],
  change: (site) => {
    site.write('tools/go.mod', 'module example.com/app/tools\n\ngo 1.26\n');
    site.write('tools/tools.go', 'package tools\n');
  },
};
