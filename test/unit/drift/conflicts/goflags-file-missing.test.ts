import { describe, expect, it } from 'vitest';
import type { EnvFacts } from '../../../../src/drift/model.ts';
import { found, worldOf } from './world.ts';

describe('goflags-file-missing', () => {
  it('names each missing file and GOFLAGS', () => {
    const process = { GOFLAGS: '-overlay=/gone.json' };
    const goflagsMissing = [{ flag: 'overlay', path: '/gone.json' }];
    expect(
      found('goflags-file-missing', { process, env: { ...worldOf({ process }).env, goflagsMissing } }),
    ).toMatchObject([
      { level: 'major', key: 'env.GOFLAGS', repair: 'unset GOFLAGS, or bring back /gone.json' },
    ]);
    expect(found('goflags-file-missing', { process })).toEqual([]);
  });

  it('names programs missing from PATH, and quotes the error of go for an overlay', () => {
    const process = { GOFLAGS: '-toolexec=wrap -compiler=gccgo -overlay=o.json' };
    const summariesFor = (facts: Partial<EnvFacts>) =>
      found('goflags-file-missing', { process, env: { ...worldOf({ process }).env, ...facts } }).map(
        ({ summary }) => summary,
      );
    const goflagsMissing = [
      { flag: 'toolexec', path: 'wrap' },
      { flag: 'compiler', path: 'gccgo' },
    ];
    expect(summariesFor({ goflagsMissing })).toEqual([
      'GOFLAGS holds -toolexec=wrap, and PATH has no wrap: every build fails',
      'GOFLAGS holds -compiler=gccgo, and PATH has no gccgo: every build fails',
    ]);
    expect(summariesFor({ overlayProblem: { path: 'o.json', text: 'parsing overlay JSON' } })).toEqual([
      'GOFLAGS holds -overlay=o.json, and every build fails with "parsing overlay JSON"',
    ]);
    expect(
      summariesFor({ overlayProblem: { path: 'o.json', text: 'stat /b.go', source: '/src/app/a.go' } }),
    ).toEqual([
      'GOFLAGS holds -overlay=o.json, and every build of the package of /src/app/a.go fails with "stat /b.go"',
    ]);
  });
});
