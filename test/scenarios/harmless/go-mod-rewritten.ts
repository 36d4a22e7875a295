import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go.mod gets a comment and loses a blank line',
  on: ['1.21.13'],
  change: (site) => site.write('go.mod', '// The app.\nmodule example.com/app\ngo 1.21\n'),
};
