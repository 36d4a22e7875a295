/**
 * The part of the SARIF 2.1.0 schema that godrift's logs use, after sections 3.13 to 3.58 of the OASIS
 * standard (errata 01) and its sarif-schema-2.1.0.json. As there, only property bags allow properties that
 * the standard does not name.
 */
type Schema = Readonly<Record<string, unknown>>;

const string = { type: 'string' };
const index = { type: 'integer', minimum: -1 };
const level = { enum: ['none', 'note', 'warning', 'error'] };
const bag = { type: 'object', properties: { tags: { type: 'array', uniqueItems: true, items: string } } };
const strings = { type: 'object', additionalProperties: string };

const list = (items: Schema, rest: Schema = {}): Schema => ({ type: 'array', items, ...rest });
const object = (required: readonly string[], properties: Schema, rest: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties: { ...properties, properties: bag },
  ...rest,
});

/** §3.11 and §3.12: a text, or the id of a text. */
const message = object(
  [],
  { text: string, markdown: string, id: string },
  { anyOf: [{ required: ['text'] }, { required: ['id'] }] },
);
const multiformat = object(['text'], { text: string, markdown: string });

/** §3.4: a URI, optionally with the id of its base. */
const artifactLocation = object([], {
  uri: { type: 'string', format: 'uri-reference' },
  uriBaseId: string,
  index,
  description: message,
});
/** §3.30: lines and columns count from 1. */
const region = object([], {
  startLine: { type: 'integer', minimum: 1 },
  startColumn: { type: 'integer', minimum: 1 },
  endLine: { type: 'integer', minimum: 1 },
  endColumn: { type: 'integer', minimum: 1 },
});
const location = object([], { physicalLocation: object([], { artifactLocation, region }), message });

/** §3.49 */
const reportingDescriptor = object(['id'], {
  id: string,
  name: string,
  shortDescription: multiformat,
  fullDescription: multiformat,
  help: multiformat,
  helpUri: { type: 'string', format: 'uri' },
  defaultConfiguration: object([], { enabled: { type: 'boolean' }, level }),
});
/** §3.19 */
const driver = object(['name'], {
  name: { type: 'string', minLength: 1 },
  version: string,
  semanticVersion: string,
  informationUri: { type: 'string', format: 'uri' },
  rules: list(reportingDescriptor, { uniqueItems: true }),
});
/** §3.35 */
const suppression = object(['kind'], {
  kind: { enum: ['inSource', 'external'] },
  status: { enum: ['accepted', 'underReview', 'rejected'] },
  justification: string,
  location,
});
/** §3.27 */
const result = object(['message'], {
  ruleId: string,
  ruleIndex: index,
  kind: { enum: ['notApplicable', 'pass', 'fail', 'review', 'open', 'informational'] },
  level,
  message,
  locations: list(location),
  partialFingerprints: strings,
  fingerprints: strings,
  suppressions: list(suppression, { uniqueItems: true }),
});
/** §3.20 */
const invocation = object(['executionSuccessful'], {
  executionSuccessful: { type: 'boolean' },
  exitCode: { type: 'integer' },
  startTimeUtc: { type: 'string', format: 'date-time' },
  endTimeUtc: { type: 'string', format: 'date-time' },
  toolExecutionNotifications: list(
    object(['message'], { message, level, timeUtc: { type: 'string', format: 'date-time' } }),
  ),
});
/** §3.14 */
const run = object(['tool'], {
  tool: object(['driver'], { driver }),
  automationDetails: object([], { id: string, guid: string }),
  originalUriBaseIds: { type: 'object', additionalProperties: artifactLocation },
  invocations: list(invocation),
  columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
  results: list(result),
});

/** §3.13 */
export const sarifSchema: Schema = object(['version', 'runs'], {
  $schema: { type: 'string', format: 'uri' },
  version: { const: '2.1.0' },
  runs: list(run),
});
