import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'empty values in GOENV',
  on: ['1.26.0'],
  world: goenv('GOFLAGS=\nGOTOOLCHAIN=\nGOROOT=\nGOPATH=\nGOOS=\nGOWORK=\nGO111MODULE=\nGOCACHE=\n'),
};
