import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN beside a go of before 1.21, which does not read it',
  on: ['1.20.14'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.20\n' },
  change: sets({ GOTOOLCHAIN: 'go1.99.0' }),
  go: { run: 'go version', says: /^go version go1\.20\.14 / },
};
