import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a nested directory with spaces and letters of other scripts',
  on: ['1.27.4'],
  change: (site) => site.write('döcs and more/ноты/readme.txt', 'x'),
};
