import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

const work = 'go 1.21\n\nuse (\n\t./app\n\t./lib\n)\n';

export const scenario: Scenario = {
  title: 'a go.work that no commit holds is lost, where a module imports its neighbour by it',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'app.go': 'package app\n\nimport _ "example.com/lib/x"\n',
  },
  world: (site) => {
    put(join(site.home, 'src/lib/go.mod'), 'module example.com/lib\n\ngo 1.21\n');
    put(join(site.home, 'src/lib/x/x.go'), 'package x\n');
    put(join(site.home, 'src/go.work'), work);
  },
  baseline: 'accepted',
  drift: (site) => rmSync(join(site.home, 'src/go.work')),
  go: { run: 'go build ./...', exit: 1, says: /no required module provides package example\.com\/lib\/x/ },
  finds: [
    {
      rule: 'module-unavailable',
      key: 'modules.example.com/lib/x',
      says: /the go\.work of the baseline is gone/,
    },
  ],
  repair: byHand(/^restore go\.work, which the baseline was taken with/, (site) =>
    put(join(site.home, 'src/go.work'), work),
  ),
};
