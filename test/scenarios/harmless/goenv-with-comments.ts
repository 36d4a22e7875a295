import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOENV with comments and blank lines',
  on: ['1.27.4'],
  world: goenv('# go env -w writes here\n\nGOPRIVATE=corp.example.com\n#GOFLAGS=-mod=mod\n'),
};
