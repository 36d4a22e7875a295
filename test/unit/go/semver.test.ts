import { expect, it } from 'vitest';
import { moduleVersionPart } from '../../../src/go/semver.ts';

it.each([
  ['v1.2.3', 'v1.2.3', 'none'],
  ['v1.2.3', 'v1.2.4', 'patch'],
  ['v1.2.3', 'v1.3.0', 'minor'],
  ['v1.2.3', 'v2.0.0+incompatible', 'major'],
  ['v2.0.0+incompatible', 'v2.1.0+incompatible', 'minor'],
  ['v1.2.3-rc.1', 'v1.2.3', 'patch'],
  ['v0.0.0-20230101000000-abcdefabcdef', 'v0.0.0-20240101000000-fedcbafedcba', 'patch'],
  ['v1.2.4-0.20230101000000-abcdefabcdef', 'v1.3.0', 'minor'],
  ['v1.2.3', 'v1.2.3+dirty', 'patch'],
  ['v1', 'v1.0.0', 'patch'],
  ['(devel)', 'v1.0.0', 'major'],
  ['v99999999999999999999.0.0', 'v99999999999999999998.0.0', 'major'],
])('%s and %s differ in %s', (a, b, part) => {
  expect(moduleVersionPart(a, b)).toBe(part);
  expect(moduleVersionPart(b, a)).toBe(part);
});
