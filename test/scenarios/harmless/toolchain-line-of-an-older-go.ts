import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a toolchain line that the local go satisfies appears',
  on: ['1.27.4'],
  change: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntoolchain go1.26.1\n'),
};
