import { expect, test } from 'vitest';
import * as z from 'zod';
import { plainIssue } from '../../../src/store/plain-issue.ts';

const field = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error?.issues.map(plainIssue).join('; ');
};

test.each([
  [z.string(), 1, 'must be a text'],
  [z.string(), undefined, 'is missing: it must be a text'],
  [z.string().min(1), '', 'is empty'],
  [z.string().max(3), 'four', 'has more than 3 characters'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.number().max(5), 9, 'must be at most 5'],
  [z.number().positive(), 0, 'must be above 0'],
  [z.array(z.string()).min(2), ['x'], 'has fewer than 2 entries'],
  [z.record(z.string(), z.string()), [], 'must be an object'],
  [z.enum(['firing', 'resolved']), 'x', 'must be one of firing, resolved'],
  [z.literal('4'), '5', 'must be 4'],
  [z.union([z.string(), z.number()]), true, 'must be a text or a number'],
  [z.discriminatedUnion('v', [z.object({ v: z.literal('1') })]), { v: '2' }, 'must be 1'],
  [z.iso.datetime(), 'now', 'must be a time with its zone, such as 2026-12-31T23:59:59Z'],
  [z.strictObject({}), { a: 1, b: 2 }, 'has unknown keys: a, b'],
  [z.string().regex(/x/, 'is no x'), 'y', 'is no x'],
])('%# describes the schema error in plain words', (schema, value, words) => {
  expect(field(schema, value)).toBe(words);
});
