import type { Harmless } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'builds for another machine, installed where go puts them',
  on: ['1.26.0'],
  files: main(),
  world: sets({ GOARCH: 'arm64', CGO_ENABLED: '0' }),
  go: { run: 'go install -n .' },
};
