import { cacheOf } from '../caches.ts';
import type { Harmless } from '../scenario.ts';

/** Compiles only when it is told to; asked for its version it answers at once. */
const slow = `#!/bin/sh
case "$*" in *-V=full*) exec "$@" ;; esac
touch started
until [ -e go-on ]; do sleep 0.05; done
exec "$@"
`;

export const scenario: Harmless = {
  title: 'the build cache is removed below a build that goes on; the next build is whole',
  source: 'golang/go#69566',
  on: ['1.26.0'],
  needs: 'cache',
  // No program: nothing but its own two packages is compiled.
  files: {
    'app.go': 'package app\n\nimport "example.com/app/answer"\n\nvar Text = answer.Text\n',
    'answer/answer.go': 'package answer\n\nvar Text = "answer"\n',
    'slow.sh': slow,
  },
  world: (site) => {
    site.env.GOCACHE = cacheOf(site);
  },
  check: ['--cache'],
  change: async (site) => {
    const build = `timeout 500 go build -toolexec "sh $PWD/slow.sh" ./...`;
    await site.shell(
      `(${build} >build.log 2>&1; echo $? >ended) >/dev/null 2>&1 &
       until [ -e started ] || [ -e ended ]; do sleep 0.05; done; rm -rf ${cacheOf(site)}`,
    );
  },
  go: {
    run: 'touch go-on; until [ -e ended ]; do sleep 0.05; done; cat ended build.log; go build ./...',
    says: /^1\n[\s\S]*no such file or directory/,
  },
};
