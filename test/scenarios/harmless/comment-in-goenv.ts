import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'a comment is written into GOENV',
  on: ['1.27.4'],
  world: goenv('GOPRIVATE=corp.example.com\n'),
  change: goenv('# ours\n\nGOPRIVATE=corp.example.com\n'),
};
