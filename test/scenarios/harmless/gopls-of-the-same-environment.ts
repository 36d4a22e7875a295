import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a gopls in the same environment',
  on: ['1.27.4'],
  change: (site) => site.start('gopls'),
};
