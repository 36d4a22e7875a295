import { expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

it('vcs-version-stale names both versions, and quotes the files to remove for the shell', () => {
  const files = [
    '/m/cache/download/a/@v/v0.0.0-1-a.info',
    '/m/cache/download/!b/@v/v0.1.0-1-a.info',
  ] as const;
  const staleStamp = { tag: 'sub/v1.2.0', version: 'v1.2.0', stamped: 'v0.1.0-1-a', files };
  expect(found('vcs-version-stale', { env: { ...worldOf({}).env, staleStamp } })).toMatchObject([
    {
      level: 'minor',
      facet: 'env',
      key: 'env.GOMODCACHE',
      summary: expect.stringMatching(
        /stamps programs with v0\.1\.0-1-a, not with v1\.2\.0: .* tagged sub\/v1\.2\.0; go adds \+dirty to either of them while /,
      ),
      repair: "rm /m/cache/download/a/@v/v0.0.0-1-a.info '/m/cache/download/!b/@v/v0.1.0-1-a.info'",
      fix: { action: 'run', argv: ['rm', ...files] },
      origin: { kind: 'file', path: files[0] },
    },
  ]);
  expect(found('vcs-version-stale', {})).toEqual([]);
});
