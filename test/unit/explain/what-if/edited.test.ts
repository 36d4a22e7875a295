/** Editing the go and toolchain lines of a go.mod or go.work. */
import { expect, test } from 'vitest';
import { withGoLines } from '../../../../src/explain/what-if/edited.ts';

const file = 'module m\n\ngo 1.26 // why\n\ntoolchain go1.26.8\n\nrequire x v1.0.0\n';

test.each([
  [{}, file],
  [{ go: '1.27' }, file.replace('go 1.26 // why', 'go 1.27')],
  [{ toolchain: '' }, file.replace('toolchain go1.26.8', '')],
  [{ go: '', toolchain: 'default' }, file.replace('go 1.26 // why', '').replace('go1.26.8', 'default')],
])('withGoLines with %j changes no other line', (lines, expected) => {
  expect(withGoLines(file, lines)).toBe(expected);
});

test.each([
  ['module m', 'module m\ngo 1.27\n'],
  ['module m\n', 'module m\ngo 1.27\n'],
  ['', 'go 1.27\n'],
])('withGoLines appends a missing go line to %j', (text, expected) => {
  expect(withGoLines(text, { go: '1.27' })).toBe(expected);
  expect(withGoLines(text, { go: '' })).toBe(text);
});
