/** Untrusted text in every output format of a state: nothing hidden, no command of a CI system, no malformed document. */

import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/catalog/errors.ts';
import { visibleJson } from '../../../src/catalog/visible.ts';
import type { TargetState } from '../../../src/drift/state.ts';
import { visibleFinding } from '../../../src/drift/visible-finding.ts';
import { createLog } from '../../../src/tell/log.ts';
import { alertmanagerBody } from '../../../src/tell/notify/alertmanager.ts';
import { slackBody, wecomMarkdown } from '../../../src/tell/notify/chat.ts';
import { firingOf, type Notification } from '../../../src/tell/notify/notification.ts';
import { webhookBody } from '../../../src/tell/notify/webhook.ts';
import { checkDocument } from '../../../src/tell/reports/document.ts';
import { fingerprintDiff } from '../../../src/tell/reports/fingerprint-diff.ts';
import { fixScript } from '../../../src/tell/reports/fix-script.ts';
import { githubReport } from '../../../src/tell/reports/github.ts';
import { gitlabReport } from '../../../src/tell/reports/gitlab.ts';
import { junitReport } from '../../../src/tell/reports/junit.ts';
import { renderCheck } from '../../../src/tell/reports/render.ts';
import type { Report } from '../../../src/tell/reports/report.ts';
import { sarifReport } from '../../../src/tell/reports/sarif.ts';
import { textfile } from '../../../src/tell/reports/textfile.ts';
import { createHistory } from '../../../src/tell/status/history.ts';
import { createStatusPage } from '../../../src/tell/status/page.ts';
import { plainView } from '../../../src/tell/status/view.ts';
import { drifted, exporterState, noon, quiet } from './states.ts';

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029]/u;
/** Every character that is not a Char of XML 1.0 (§2.2). */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const asIs = (text: string) => text;
const palette = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs };

/** A drifted target in which every text from the host is the given one. */
function hostile(text: string): TargetState {
  const finding = {
    kind: 'conflict',
    rule: 'goflags-unknown',
    facet: 'env',
    level: 'major',
    key: `env.${text}`,
    expected: text,
    actual: text,
    origin: { kind: 'file', path: text, line: 1 },
    summary: text,
    repair: text,
    fix: { action: 'export', name: 'GOFLAGS', value: text },
  } as const;
  const waived = { id: 'w', reason: text, who: text, expires: '2026-12-31T00:00:00.000Z' };
  const facet = drifted.facets.toolchain as NonNullable<typeof drifted.facets.toolchain>;
  const drift = facet.drift as NonNullable<typeof facet.drift>;
  const change = { facet: 'toolchain', weight: 1, level: 'minor', expected: text, actual: text } as const;
  return {
    ...drifted,
    target: text,
    workspace: `/${text}`,
    collectors: [{ collector: 'env', success: false, durationSeconds: 0, why: text }],
    facetStatus: { ...quiet.facetStatus, env: 'unreadable' },
    toolchain: { version: text, goos: text, goarch: text, origin: 'local' },
    baseline: { kind: 'pinned', source: text, time: noon },
    entries: new Map([[`toolchain.${text}`, text || 'x']]),
    facets: {
      toolchain: {
        ...facet,
        drift: {
          ...drift,
          changes: [
            { ...change, key: `toolchain.${text}` },
            { ...change, key: `toolchain.${text}.` },
          ],
        },
      },
    },
    findings: [visibleFinding(finding), visibleFinding({ ...finding, waived })],
    level: 'major',
  };
}

/** Every output for this state, by name; JSON as written. */
function outputs(text: string): Readonly<Record<string, string>> {
  const state = hostile(text);
  const report: Report = { state, failOn: 'minor', version: '1', root: '/', digest: asIs };
  const firing = firingOf(report, text, noon, new Map());
  const notification: Notification = {
    state,
    version: '1',
    host: text,
    now: noon,
    windowMs: 1,
    firing,
    ended: firing,
  };
  let logged = '';
  for (const format of ['logfmt', 'json']) {
    const log = createLog('debug', format, (line) => {
      logged += line;
    });
    log.warn({ file: text, nested: { [text]: text } }, text);
  }
  return {
    text: renderCheck(state, { palette, width: 80 }),
    json: visibleJson(checkDocument(state, '1')),
    github: githubReport(report),
    gitlab: gitlabReport(report),
    sarif: sarifReport(report),
    junit: junitReport(report),
    diff: fingerprintDiff(state) ?? '',
    script: fixScript(state, '1', 'sh'),
    'script of fish': fixScript(state, '1', 'fish'),
    textfile: textfile([state]),
    page: createStatusPage(createHistory())({
      states: [state],
      exporter: exporterState,
      telemetryPath: '/metrics',
      view: plainView,
      now: noon,
    }),
    log: logged,
    error: `${new AppError(text, text, text).message}\n`,
    alertmanager: visibleJson(alertmanagerBody(notification)),
    slack: visibleJson(slackBody(notification)),
    wecom: visibleJson({ markdown: wecomMarkdown(notification, 4096) }),
    webhook: visibleJson(webhookBody(notification)),
  };
}

/** Texts that are harmful somewhere, mixed with arbitrary pieces. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b]0;x\u0007',
        '\u001b[2J',
        '\u009b31m',
        '\r',
        '\n',
        '\n::error::x',
        '::stop-commands::t',
        '##[add-mask]x',
        '##vso[a]',
        '\u202e',
        '\ufeff',
        '\uffff',
        '\ud800',
        ']]>',
        '<script>',
        '&#0;',
        '`',
        '$(id)',
        "'",
        '"',
        '%0A',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

describe('hostile text', () => {
  it('is harmless in every format', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const [name, output] of Object.entries(outputs(text))) {
          const lines = output.split('\n');
          for (const line of lines) {
            expect(`${name}: ${name === 'diff' ? line.replaceAll('\t', '') : line}`).not.toMatch(unseen);
            if (name !== 'page') expect(`${name}: ${line}`).not.toMatch(/##[A-Za-z]*\[/);
            if (name === 'github' && line !== '') expect(line).toMatch(/^::(?:error|warning|notice) /);
            else expect(`${name} ${line}`).not.toMatch(new RegExp(`^${name} \\s*::`));
          }
        }
      }),
      // Within its line it is none, and at a narrow width it begins one.
      { numRuns: 60, examples: [[`${'a'.repeat(70)} ::stop-commands::t`]] },
    );
  });

  it('is parsed from JUnit by an XML parser as it is shown elsewhere', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { junit = '' } = outputs(text);
        expect(junit).not.toMatch(notXml);
        expect(XMLValidator.validate(junit)).toBe(true);
        const parser = new XMLParser({
          ignoreAttributes: false,
          attributeNamePrefix: '',
          parseTagValue: false,
        });
        const { testsuites } = parser.parse(junit);
        expect(testsuites.failures).toBe('1');
      }),
      { numRuns: 60 },
    );
  });
});
