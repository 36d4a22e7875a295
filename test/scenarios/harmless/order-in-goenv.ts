import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'the lines of GOENV are sorted',
  on: ['1.26.0'],
  world: goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\n'),
  change: goenv('GOFLAGS=-trimpath\nGOPRIVATE=corp.example.com\n'),
};
