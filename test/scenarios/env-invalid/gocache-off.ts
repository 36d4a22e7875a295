import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOCACHE=off, which was a way to build without a cache before go1.12',
  on: ['1.26.0'],
  drift: sets({ GOCACHE: 'off' }),
  go: { run: 'go build ./...', exit: 1, says: /build cache is disabled by GOCACHE=off/ },
  finds: [{ rule: 'env-invalid', says: /GOCACHE=off, but required as of Go 1\.12/ }],
  repair: unsets('GOCACHE'),
};
