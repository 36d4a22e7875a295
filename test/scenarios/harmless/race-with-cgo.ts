import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: '-race in GOFLAGS where there is cgo',
  on: ['1.26.0'],
  world: sets({ GOFLAGS: '-race=true -count=1 -buildvcs=auto' }),
  go: { run: 'go list ./...' },
};
