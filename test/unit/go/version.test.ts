import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareGoVersions,
  isLanguageVersion,
  isValidGoVersion,
  languageVersion,
  parseGoVersion,
  toolchainToVersion,
  versionDelta,
  versionFromRuntime,
  versionPart,
} from '../../../src/go/version.ts';

const number = fc.oneof(fc.nat(30), fc.bigInt({ min: 0n, max: 10n ** 30n })).map(String);
const kind = fc.constantFrom('alpha', 'beta', 'rc', 'testmod');
const wellFormed = fc.oneof(
  number,
  fc.tuple(number, number).map(([major, minor]) => `${major}.${minor}`),
  fc.tuple(number, number, number).map((parts) => parts.join('.')),
  fc.tuple(number, number, kind).map(([major, minor, word]) => `${major}.${minor}${word}`),
  fc.tuple(number, number, kind, number).map(([major, minor, word, pre]) => `${major}.${minor}${word}${pre}`),
);
const anything = fc.oneof(
  wellFormed,
  fc.constantFrom('', 'x', '1.', '01.2', '1.2.3rc1', 'go1.21'),
  fc.string(),
);

describe('parseGoVersion', () => {
  it.each([
    ['1', ['1', '0', '0', '', '']],
    ['1.2', ['1', '2', '0', '', '']],
    ['1.20', ['1', '20', '0', '', '']],
    ['1.21', ['1', '21', '', '', '']],
    ['1.21.0', ['1', '21', '0', '', '']],
    ['1.2rc3', ['1', '2', '', 'rc', '3']],
    ['1.18beta2', ['1', '18', '', 'beta', '2']],
    ['1.999testmod', ['1', '999', '', 'testmod', '']],
    ['1.99999999999999999999', ['1', '99999999999999999999', '', '', '']],
  ])('parses %s', (text, [major, minor, patch, kind, pre]) => {
    expect(parseGoVersion(text)).toEqual({ major, minor, patch, kind, pre });
  });

  it.each([
    '',
    'go1.21',
    '1.',
    '1.21.',
    '01.2',
    '1.02',
    '1.2.03',
    '1.21rc01',
    '1.2.3rc1',
    '1.2.3.4',
    '1.21RC1',
    '1.21-x',
    '1.21 ',
    '1.600+auto',
    '1.21\n',
  ])('refuses %j', (text) => {
    expect(parseGoVersion(text)).toBeUndefined();
    expect(isValidGoVersion(text)).toBe(false);
  });

  it('returns the parts of a generated version', () => {
    fc.assert(
      fc.property(number, number, number, kind, (major, minor, last, word) => {
        expect(parseGoVersion(`${major}.${minor}.${last}`)).toEqual({
          major,
          minor,
          patch: last,
          kind: '',
          pre: '',
        });
        const pre = parseGoVersion(`${major}.${minor}${word}${last}`);
        expect(pre).toEqual({ major, minor, patch: '', kind: word, pre: last });
      }),
    );
  });
});

describe('compareGoVersions', () => {
  it('orders versions as they were released', () => {
    const ascending = [
      '',
      '1',
      '1.5',
      '1.6',
      '1.6.1',
      '1.10',
      '1.19alpha3',
      '1.19beta2',
      '1.19rc1',
      '1.19rc2',
      '1.19rc10',
      '1.19',
      '1.19.1',
      '1.21',
      '1.21rc1',
      '1.21.0',
      '1.21.1',
      '1.99999999999999998',
      '1.99999999999999999',
      '2',
    ];
    for (const [i, a] of ascending.entries())
      for (const [j, b] of ascending.entries())
        expect([a, b, compareGoVersions(a, b)]).toEqual([a, b, Math.sign(i - j)]);
  });

  it.each([
    ['1.20', '1.20.0'],
    ['1', '1.0.0'],
    ['x', ''],
    ['go1.21', '1.2.3rc1'],
  ])('%j equals %j', (a, b) => {
    expect(compareGoVersions(a, b)).toBe(0);
  });

  it('is a total order with malformed versions first', () => {
    fc.assert(
      fc.property(anything, anything, anything, (a, b, c) => {
        expect(compareGoVersions(a, a)).toBe(0);
        expect(compareGoVersions(a, b) + compareGoVersions(b, a)).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareGoVersions) as [string, string, string];
        expect(compareGoVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareGoVersions(y, z)).toBeLessThanOrEqual(0);
        expect(compareGoVersions(x, z)).toBeLessThanOrEqual(0);
        if (!isValidGoVersion(a)) expect(compareGoVersions(a, b)).toBe(isValidGoVersion(b) ? -1 : 0);
      }),
    );
  });
});

describe('language versions', () => {
  it.each([
    ['1.21', true],
    ['1.22', true],
    ['1.20', false],
    ['1', false],
    ['1.21.0', false],
    ['1.21rc1', false],
    ['1.999testmod', false],
    ['x', false],
  ])('isLanguageVersion(%j) is %s', (version, expected) => {
    expect(isLanguageVersion(version)).toBe(expected);
  });

  it.each([
    ['1.21.3', '1.21'],
    ['1.21rc2', '1.21'],
    ['1.2', '1.2'],
    ['1', '1'],
    ['1.0.3', '1'],
    ['2.0', '2.0'],
    ['x', ''],
  ])('languageVersion(%j) is %j', (version, expected) => {
    expect(languageVersion(version)).toBe(expected);
  });
});

describe('toolchainToVersion', () => {
  it.each([
    ['go1.21.3', '1.21.3'],
    ['go1.21.3-custom', '1.21.3'],
    ['go1.21.3 (Red Hat 1.21.3-2.el10)', '1.21.3'],
    ['go1.26.11-X:jsonv2', '1.26.11'],
    ['go1.28-devel_33aff0e5 Thu Aug 27', '1.28'],
    ['devel go1.24-abc', ''],
    ['gccgo-go1.21.3', ''],
    ['go1.21.3-a/b', ''],
    ['go1.21.3\\x', ''],
    ['1.21.3', ''],
    ['golang', ''],
    ['go', ''],
    ['go1.21.3\r', ''],
  ])('toolchainToVersion(%j) is %j', (name, expected) => {
    expect(toolchainToVersion(name)).toBe(expected);
  });
});

describe('versionFromRuntime', () => {
  it.each([
    ['go1.27.4', '1.27.4', [], '', false],
    ['go1.26rc1', '1.26rc1', [], '', false],
    ['go1.26.11-X:jsonv2', '1.26.11', ['jsonv2'], '', false],
    ['go1.25 X:foo,nobar', '1.25', ['foo', 'nobar'], '', false],
    ['go1.26.2 (Red Hat 1.26.2-2.el10)', '1.26.2', [], '(Red Hat 1.26.2-2.el10)', false],
    ['go1.26.0-1-microsoft', '1.26.0', [], '1-microsoft', false],
    ['go1.26.0-1-microsoft X:systemcrypto', '1.26.0', ['systemcrypto'], '1-microsoft', false],
    ['devel go1.24-abc Tue Nov 3 10:00:00 2026 +0000', '1.24', [], 'abc Tue Nov 3 10:00:00 2026 +0000', true],
    ['devel go1.24-abc Tue X:jsonv2', '1.24', ['jsonv2'], 'abc Tue', true],
    ['go1.28-devel_33aff0e5 Thu Aug 27', '1.28', [], 'devel_33aff0e5 Thu Aug 27', true],
    ['devel +b7a85e0003 Thu', '', [], '+b7a85e0003 Thu', true],
    ['', '', [], '', false],
    ['unknown', '', [], 'unknown', false],
  ])('parses %j', (text, version, experiments, suffix, development) => {
    expect(versionFromRuntime(text)).toEqual({ version, experiments, suffix, development });
  });

  it('agrees with toolchainToVersion for well-formed versions', () => {
    fc.assert(
      fc.property(wellFormed, fc.constantFrom('', '-custom', ' (x)', ' X:a', '-X:a,b'), (version, suffix) => {
        expect(versionFromRuntime(`go${version}${suffix}`).version).toBe(
          toolchainToVersion(`go${version}${suffix}`),
        );
      }),
    );
  });
});

describe('versionPart and versionDelta', () => {
  it.each([
    ['1.26.0', '2.0.0', 'major', [-1, 26, 0]],
    ['1.27.4', '1.26.11', 'minor', [0, 1, -7]],
    ['1.26.11', '1.26.9', 'patch', [0, 0, 2]],
    ['1.26rc1', '1.26.0', 'rc', [0, 0, -1]],
    ['1.26rc1', '1.26rc2', 'rc', [0, 0, 0]],
    ['1.26.3', '1.26', 'patch', [0, 0, 0]],
    ['1.20', '1.20.0', 'none', [0, 0, 0]],
    ['1.26.3', '1.26.3', 'none', [0, 0, 0]],
  ] as const)('%s against %s', (a, b, part, deviations) => {
    expect(versionPart(a, b)).toBe(part);
    expect(versionDelta(a, b).map(({ deviation }) => deviation)).toEqual([...deviations]);
    expect(versionDelta(a, b).map((delta) => delta.part)).toEqual(['major', 'minor', 'patch']);
  });

  it('differ in the major part, without numbers, for a malformed version', () => {
    expect(versionPart('junk', '1.26.0')).toBe('major');
    expect(versionPart('junk', 'junk')).toBe('none');
    expect(versionDelta('junk', '1.26.0')).toEqual([]);
  });

  it('are symmetric, with no difference exactly if compareGoVersions returns 0', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(versionPart(a, b)).toBe(versionPart(b, a));
        expect(versionPart(a, b) === 'none').toBe(compareGoVersions(a, b) === 0);
      }),
    );
  });
});
