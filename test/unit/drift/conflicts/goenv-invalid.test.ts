import { describe, expect, it } from 'vitest';
import { found, goenvOrigin } from './world.ts';

describe('goenv-invalid', () => {
  it.each([
    ['GOPATH', '/a:/b', 0],
    ['GOPATH', '/a::/b', 0],
    ['GOPATH', '/a:b', 1],
    ['GOPATH', '~/go', 1],
    ['GOMODCACHE', 'mod', 1],
    ['GOCACHE', 'off', 1],
    ['GOCACHE', '/c', 0],
    ['GO111MODULE', 'auto', 0],
    ['GO111MODULE', 'yes', 1],
    ['GOWORK', 'off', 0],
    ['GOWORK', '/src/go.work', 0],
    ['GOWORK', 'go.work', 1],
    ['GOROOT', '/usr/local/go\r', 1],
    ['GOPROXY', 'https://proxy.example.com', 0],
    ['GOPROXY', 'proxy.example.com,junk', 1],
    ['GOPROXY', 'off,junk', 0],
    ['GOPROXY', 'ftp://proxy.example.com', 1],
  ])('%s=%s gives %i findings', (name, value, count) => {
    const findings = found('goenv-invalid', { goenv: { [name]: value } });
    expect(findings).toHaveLength(count);
    // env-invalid reports values of the process environment.
    expect(found('goenv-invalid', { process: { [name]: value } })).toEqual([]);
    for (const finding of findings) {
      expect(finding.origin).toEqual(goenvOrigin);
      const list = /[:,]/.test(value) && !value.includes('//');
      const how = list ? `line 3 (${name}=…) of` : `remove line 3 (${name}=…) from`;
      expect(finding.repair).toContain(`${how} /home/u/.config/go/env`);
      expect(finding.fix === undefined).toBe(list);
      expect(finding.actual).not.toContain('\r');
    }
  });

  it('gives one finding for lines that end in a carriage return, with the affected variables', () => {
    const findings = found('goenv-invalid', {
      goenv: {
        GOMODCACHE: '/srv/mod\r',
        GOPRIVATE: 'a.example.com\r',
        GOFLAGS: '-trimpath\r',
        GOPROXY: 'off',
      },
    });
    expect(findings).toMatchObject([{ key: 'env.GOENV', level: 'minor' }]);
    expect(findings[0]?.summary).toContain('value of GOMODCACHE, GOPRIVATE:');
    expect(found('goenv-invalid', { goenv: { GOFLAGS: '-trimpath\r' } })).toEqual([]);
  });
});
