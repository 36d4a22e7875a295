import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-race in GOFLAGS, and a platform that has no race detector: cgo would not help',
  on: ['1.27.4', '1.21.13'],
  world: sets({ GOFLAGS: '-race' }),
  drift: sets({ GOARCH: '386' }),
  go: { run: 'go build ./...', exit: 2, says: /-race is not supported on linux\/386/ },
  finds: [{ rule: 'goflags-unknown', says: /-race is not supported on linux\/386/ }],
  repair: unsets('GOFLAGS'),
};
