import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluatePin, type Pin } from '../../../src/drift/pins.ts';

const exact = (version: string): Pin => ({
  source: '.go-version',
  rule: 'pin-go-version',
  kind: 'exact',
  version,
  path: '.go-version',
  line: 1,
});
const floor = (version: string): Pin => ({
  source: 'go.mod',
  rule: 'pin-go-mod',
  kind: 'floor',
  version,
  path: 'go.mod',
  line: 3,
});
const parts = (pin: Pin, effective: string) => evaluatePin(pin, effective).deviation.map((one) => one.value);

describe('an exact pin', () => {
  it.each([
    ['1.26', '1.26.0', 'none', [0, 0, 0]],
    ['1.26', '1.26.8', 'none', [0, 0, 0]],
    ['1.26', '1.26rc1', 'none', [0, 0, 0]],
    ['1.26', '1.27.4', 'minor', [0, 1, 0]],
    ['1.26', '1.21.13', 'minor', [0, -5, 0]],
    ['1.26.8', '1.26.8', 'none', [0, 0, 0]],
    ['1.26.8', '1.26.10', 'patch', [0, 0, 2]],
    ['1.26.8', '1.27.0', 'minor', [0, 1, 0]],
    ['1.26.0', '1.26rc1', 'patch', [0, 0, -1]],
    ['1.26rc1', '1.26rc2', 'patch', [0, 0, 1]],
    ['1.26rc1', '1.26.0', 'patch', [0, 0, 1]],
    ['1', '1.27.4', 'none', [0, 0, 0]],
    ['1', '2.0.0', 'major', [1, 0, 0]],
    ['1.20', '1.20.14', 'none', [0, 0, 0]],
    ['1.20.0', '1.20.14', 'patch', [0, 0, 14]],
  ])(
    '%s with the effective version %s has level %s and deviation %j',
    (version, effective, level, deviation) => {
      const verdict = evaluatePin(exact(version), effective);
      expect([verdict.level, verdict.deviates]).toEqual([level, level !== 'none']);
      expect(verdict.deviation.map((one) => one.value)).toEqual(deviation);
      expect(verdict.deviation.map((one) => one.part)).toEqual(['major', 'minor', 'patch']);
    },
  );
});

describe('a pin with several versions (1.27.4 and 1.26)', () => {
  it.each([
    ['1.27.4', false],
    ['1.26.3', false],
    ['1.24.13', true],
  ])('%s deviates from it: %s', (effective, deviates) => {
    expect(evaluatePin({ ...exact('1.27.4'), others: ['1.26'] }, effective).deviates).toBe(deviates);
  });
});

describe('a floor', () => {
  it.each([
    ['1.26', '1.27.4', 'none', [0, 0, 0]],
    ['1.26.8', '1.26.8', 'none', [0, 0, 0]],
    ['1.26.8', '1.26.1', 'patch', [0, 0, -7]],
    ['1.26.8', '1.25.12', 'minor', [0, -1, 0]],
    ['1.26', '1.26rc1', 'none', [0, 0, 0]],
    ['1.26.0', '1.26rc1', 'patch', [0, 0, -1]],
    ['2.0', '1.27.4', 'major', [-1, 0, 0]],
  ])(
    '%s with the effective version %s has level %s and deviation %j',
    (version, effective, level, deviation) => {
      const verdict = evaluatePin(floor(version), effective);
      expect([verdict.level, verdict.deviates]).toEqual([level, level !== 'none']);
      expect(verdict.deviation.map((one) => one.value)).toEqual(deviation);
    },
  );

  it('deviates only downward', () => {
    const version = fc
      .tuple(
        fc.nat(2),
        fc.nat(30),
        fc.oneof(
          fc.constant(''),
          fc.nat(20).map((n) => `.${n}`),
          fc.constantFrom('rc1', 'beta2'),
        ),
      )
      .map(([a, b, c]) => `${a}.${b}${c}`);
    fc.assert(
      fc.property(version, version, (pinned, effective) => {
        const verdict = evaluatePin(floor(pinned), effective);
        for (const { value } of verdict.deviation) expect(value).toBeLessThanOrEqual(0);
        expect(verdict.deviation.some(({ value }) => value < 0)).toBe(verdict.deviates);
      }),
      { numRuns: 1000 },
    );
  });
});

it('a deviation is always a safe integer, even for malformed versions', () => {
  const huge = `1.${'9'.repeat(400)}`;
  for (const value of [
    ...parts(exact(huge), '1.26.0'),
    ...parts(exact(huge), `1.${'8'.repeat(400)}`),
    ...parts(floor('junk'), '1.26.0'),
    ...parts(exact('1.26'), 'junk'),
  ]) {
    expect(Number.isSafeInteger(value)).toBe(true);
  }
  expect(evaluatePin(exact('1.26'), 'junk')).toMatchObject({ deviates: true, level: 'major' });
});
