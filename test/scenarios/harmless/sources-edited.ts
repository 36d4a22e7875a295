import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'work on the sources',
  on: ['1.27.4'],
  change: (site) => {
    site.write('app.go', 'package app\n\n// Answer is the answer.\nfunc Answer() int { return 42 }\n');
    site.write('internal/more/more.go', 'package more\n');
  },
};
