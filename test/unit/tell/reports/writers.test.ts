/** Every output format of a check names the probable writer, between the finding and its repair. */
import { expect, test } from 'vitest';
import type { Finding } from '../../../../src/drift/model.ts';
import { writerText } from '../../../../src/drift/probable-writer.ts';
import { githubReport } from '../../../../src/tell/reports/github.ts';
import { gitlabReport } from '../../../../src/tell/reports/gitlab.ts';
import { junitReport } from '../../../../src/tell/reports/junit.ts';
import { sarifReport } from '../../../../src/tell/reports/sarif.ts';
import { drifted, probableWriter } from '../states.ts';

const finding: Finding = {
  kind: 'drift',
  rule: 'changed',
  facet: 'toolchain',
  level: 'minor',
  key: 'toolchain.version',
  summary: 'another go',
  repair: 'put it back',
};

const reportOf = (writers: Finding['writers']) => ({
  state: { ...drifted, findings: [writers === undefined ? finding : { ...finding, writers }] },
  failOn: 'minor' as const,
  version: '0.1.0',
  root: '/src',
  digest: (text: string) => text,
});

test.each([
  ['github', githubReport, '%0A'],
  ['gitlab', gitlabReport, '; '],
  ['sarif', sarifReport, '; '],
  ['junit', junitReport, '&#10;'],
] as const)('%s', (_format, print, between) => {
  const told = print(reportOf([probableWriter]));
  expect(told).toContain(
    ['another go', `writer: ${writerText(probableWriter)}`, 'repair: put it back'].join(between),
  );
  expect(print(reportOf(undefined))).not.toContain('writer');
});
