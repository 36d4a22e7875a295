import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-asan for Windows',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-asan', GOOS: 'windows' }),
  go: { run: 'go build ./...', exit: 2, says: /-asan is not supported on windows\/amd64/ },
  finds: [{ rule: 'goflags-unknown', says: /-asan is not supported on windows\/amd64/ }],
  repair: unsets('GOFLAGS'),
  healed: { says: /^$/ },
};
