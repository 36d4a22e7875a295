/**
 * Translates validation issues into plain words, because the messages of the validator speak of its schemas.
 */
import type * as z from 'zod';

type Issue = z.core.$ZodIssue;
type Of<Code extends Issue['code']> = Extract<Issue, { readonly code: Code }>;

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const kindOf = (expected: string) => kinds[expected] ?? expected;

function sizeText({ code, origin, ...limit }: Of<'too_big'> | Of<'too_small'>): string {
  const most = 'maximum' in limit ? limit.maximum : limit.minimum;
  const isMost = code === 'too_big';
  if (origin === 'string' || origin === 'array') {
    const what = origin === 'string' ? 'characters' : 'entries';
    return !isMost && Number(most) === 1
      ? 'is empty'
      : `has ${isMost ? 'more' : 'fewer'} than ${most} ${what}`;
  }
  const how = limit.inclusive === false ? (isMost ? 'below' : 'above') : isMost ? 'at most' : 'at least';
  return `must be ${how} ${most}`;
}

/** Lists the allowed values. */
const oneOf = (values: readonly unknown[]) =>
  values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`;

function unionText(issue: Of<'invalid_union'>): string {
  if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
  const expected = issue.errors.flatMap(([first]) =>
    first?.code === 'invalid_type' && first.path.length === 0 ? [kindOf(first.expected)] : [],
  );
  return expected.length === issue.errors.length && expected.length > 0
    ? `must be ${expected.join(' or ')}`
    : 'has none of the allowed forms';
}

/** Reports whether the message is from one of our schemas: those of the validator begin with these words. */
const isOwn = ({ message }: Issue) => !/^(?:Invalid|Too|Unrecognized)\b/.test(message);

/**
 * Returns an issue as one sentence: the path of the field, or `whole` for the value itself, and what is
 * wrong.
 */
export const issueText = (issue: Issue, whole: string): string =>
  `${issue.path.map(String).join('.') || whole} ${plainIssue(issue)}`;

/** Returns the part after the field's name: `must be a number`. */
export function plainIssue(issue: Issue): string {
  if (isOwn(issue)) return `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? `is missing: it must be ${kindOf(issue.expected)}`
        : `must be ${kindOf(issue.expected)}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return unionText(issue);
    case 'too_big':
    case 'too_small':
      return sizeText(issue);
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be a time with its zone, such as 2026-12-31T23:59:59Z'
        : 'has the wrong format';
    case 'unrecognized_keys':
      return `has unknown keys: ${issue.keys.join(', ')}`;
    default:
      return 'cannot be understood';
  }
}
