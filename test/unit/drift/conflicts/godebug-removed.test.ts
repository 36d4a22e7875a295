import { describe, expect, it } from 'vitest';
import { found, select } from './world.ts';

describe('godebug-removed', () => {
  it.each([
    [{ GODEBUG: 'tls3des=1' }, 1],
    [{ GODEBUG: 'tls3des=1,tls3des=0' }, 1],
    [{ GODEBUG: 'gctrace=1' }, 0],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('godebug-removed', { process: values })).toHaveLength(count);
  });

  it('has level major if the started go or the selected go fails', () => {
    const process = { GODEBUG: 'x509sha1=1,tls3des=1' };
    const levels = (started: string, effective: string) => {
      const outcome = effective === started ? 'local' : 'cached';
      const candidates = [{ path: '/bin/go', realPath: '/bin/go', version: started }];
      return found('godebug-removed', { ...select({ effective, outcome }, { candidates }), process }).map(
        ({ level, summary }) => [level, /which go(\S+) has removed/.exec(summary)?.[1]],
      );
    };
    expect(levels('1.27.4', '1.27.4')).toEqual([['major', '1.27.4']]);
    expect(levels('1.26.0', '1.27.4')).toEqual([['major', '1.27.4']]);
    expect(levels('1.27.4', '1.26.0')).toEqual([['major', '1.27.4']]);
  });

  it('has level minor for a go that ignores the setting', () => {
    const [finding] = found('godebug-removed', { process: { GODEBUG: 'tls3des=1' } });
    expect(finding).toMatchObject({
      level: 'minor',
      summary: expect.stringMatching(/silently ignore it/),
    });
  });

  it('knows removed settings of a go whose table does not list them', () => {
    const candidates = [{ path: '/bin/go', realPath: '/bin/go', version: '1.24.13' }];
    const world = select({ effective: '1.24.13', outcome: 'local' }, { candidates });
    expect(found('godebug-removed', { ...world, process: { GODEBUG: 'x509sha1=1' } })).toMatchObject([
      { level: 'minor', summary: expect.stringMatching(/x509sha1 \(removed in go1\.24\)/) },
    ]);
    expect(found('godebug-removed', { ...world, process: { GODEBUG: 'x509sha1=0' } })).toEqual([]);
  });
});
