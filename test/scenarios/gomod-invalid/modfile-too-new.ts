import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

const tools = (go: string) => ({ 'tools.mod': `module example.com/app\n\ngo ${go}\n` });

export const scenario: Scenario = {
  title: 'the go.mod that -modfile names asks for a newer go',
  on: ['1.26.0', '1.21.13'],
  files: tools('1.21'),
  world: sets({ GOFLAGS: '-modfile=tools.mod' }),
  drift: (site) => site.write('tools.mod', tools('1.99')['tools.mod']),
  go: { run: 'go build ./...', exit: 1, says: /tools\.mod requires go >= 1\.99/ },
  finds: [{ rule: 'gomod-invalid', says: /tools\.mod:3: requires go >= 1\.99/ }],
  repair: byHand(/^put a go >= 1\.99 first on PATH/, (site) =>
    site.write('tools.mod', tools('1.21')['tools.mod']),
  ),
};
