/**
 * Guards against quadratic time: every function that reads or shows untrusted text gets one long run of a
 * character. Quadratic code shows as a test that times out: 200,000 steps for each of 200,000 characters.
 */
import { describe, expect, it } from 'vitest';
import { visible, visibleJson, visibleLines } from '../../../src/catalog/visible.ts';
import { visibleFinding } from '../../../src/drift/visible-finding.ts';
import { readGodebugLines } from '../../../src/go/godebug-lines.ts';
import { parseGoenv } from '../../../src/go/goenv.ts';
import { parseGoflags } from '../../../src/go/goflags.ts';
import { parseGoMod, scanGoLines } from '../../../src/go/gomod.ts';
import { parseGoSum } from '../../../src/go/gosum.ts';
import { parseGoWork } from '../../../src/go/gowork.ts';
import { parseMiseToml } from '../../../src/go/mise-toml.ts';
import { parseGoVersionFile, parseToolVersions } from '../../../src/go/pin-files.ts';
import { redactUrls } from '../../../src/go/redact-urls.ts';
import { parseVendorModules } from '../../../src/go/vendor-modules.ts';

const classes = [
  '#',
  'a',
  '0',
  ' ',
  '\t',
  ':',
  '/',
  '://',
  '@',
  '.',
  ',',
  '"',
  "'",
  '`',
  '\\',
  '(',
  '[',
  '=',
  '-',
  '\ufeff',
  '\u0085',
  '\u00e9',
  '\u2028',
  '\ud800',
  '\0',
  '##a',
  '://a@',
];
const runs = classes.map((unit) => [unit, unit.repeat(Math.ceil(200_000 / unit.length))] as const);
const ends = [
  ['', ''],
  ['module ', '\n'],
  ['//go:debug ', '\n'],
  ['# a v1.0.0 ', '\n'],
  ['x', '['],
] as const;
const patience = 120_000;

const shows: Readonly<Record<string, (text: string) => unknown>> = {
  visible,
  visibleLines,
  visibleJson: (text) => visibleJson({ text }),
  'a finding': (summary) =>
    visibleFinding({ rule: 'x', key: 'x', level: 'minor', facet: 'env', summary, kind: 'conflict' } as never),
};
const reads: Readonly<Record<string, (text: string) => unknown>> = {
  parseGoMod: (text) => parseGoMod(Buffer.from(text)),
  scanGoLines,
  parseGoWork: (text) => parseGoWork(Buffer.from(text)),
  parseGoSum: (text) => parseGoSum(Buffer.from(text)),
  parseVendorModules: (text) => parseVendorModules(Buffer.from(text)),
  parseGoenv: (text) => parseGoenv(Buffer.from(text)),
  parseMiseToml,
  parseGoVersionFile,
  parseToolVersions,
  parseGoflags,
  readGodebugLines,
  redactUrls,
};

describe.each(Object.entries({ ...shows, ...reads }))('%s', (_, work) => {
  it('takes linear time for a long run of any character', { timeout: patience }, () => {
    for (const [, run] of runs) for (const [before, after] of ends) work(before + run + after);
  });
});

it.each(classes)(
  'the problems of a go.mod or go.work that is one run of %j have at most 200 characters',
  (unit) => {
    const run = unit.repeat(30_000);
    for (const text of [
      run,
      `module e.com/x\n${run} x\n`,
      `module e.com/x\ngo ${run}\n`,
      `module e.com/x\nrequire ${run} v1\n`,
    ])
      for (const { problems } of [parseGoMod(Buffer.from(text)), parseGoWork(Buffer.from(text))])
        for (const problem of problems) expect(problem.text.length).toBeLessThanOrEqual(200);
  },
);
