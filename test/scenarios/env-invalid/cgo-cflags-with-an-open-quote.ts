import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_CFLAGS with a quote that nothing closes: go panics at the first package with cgo',
  on: ['1.27.4'],
  files: cgo,
  drift: sets({ CGO_CFLAGS: '-O2 "-I/opt/include' }),
  go: { run: 'go list -compiled ./...', exit: 2, says: /could not parse environment variable CGO_CFLAGS/ },
  finds: [{ rule: 'env-invalid', level: 'minor' }],
  repair: byHand(/^correct CGO_CFLAGS; the other words of it stay/, (site) => {
    site.env['CGO_CFLAGS'] = '-O2 -I/opt/include';
  }),
};
