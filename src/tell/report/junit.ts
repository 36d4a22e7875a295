/** JUnit XML, as CI systems read test results: a suite a facet, a case a finding; a facet without findings is one case that passed. */
import { XMLBuilder } from 'fast-xml-parser';
import { facets } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { counts, type Report, sentence } from './report.ts';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  format: true,
  suppressEmptyNode: true,
  attributeNamePrefix: '@',
});

interface Case {
  readonly '@classname': string;
  readonly '@name': string;
  readonly failure?: object;
  readonly error?: object;
  readonly skipped?: object;
  readonly 'system-out'?: string;
}

function findingCase({ state, failOn }: Report, finding: Finding): Case {
  const base = {
    '@classname': `${state.target}.${finding.facet}`,
    '@name': `${finding.rule} ${finding.key}`,
  };
  const text = sentence(finding, '\n');
  if (finding.waived !== undefined)
    return {
      ...base,
      skipped: { '@message': `waived until ${finding.waived.expires}: ${finding.waived.reason}` },
    };
  if (!counts(finding, failOn)) return { ...base, 'system-out': `${finding.level}: ${text}` };
  return { ...base, failure: { '@type': finding.level, '@message': finding.summary, '#text': text } };
}

/** The document. */
export function junitReport(report: Report): string {
  const { state } = report;
  const suites = facets.map((facet) => {
    const found = state.findings.filter((one) => one.facet === facet).map((one) => findingCase(report, one));
    const status = state.facetStatus[facet];
    const own = { '@classname': `${state.target}.${facet}`, '@name': facet };
    const why = state.collectors.find((one) => one.collector === facet)?.why ?? 'it could not be read';
    const whole: readonly Case[] =
      status === 'unreadable'
        ? [{ ...own, error: { '@message': why } }]
        : status === 'not_evaluated'
          ? [{ ...own, skipped: { '@message': 'not evaluated' } }]
          : found.length === 0
            ? [own]
            : [];
    const cases = [...whole, ...found];
    const having = (key: keyof Case) => cases.filter((one) => one[key] !== undefined).length;
    return {
      '@name': `${state.target}.${facet}`,
      '@tests': cases.length,
      '@failures': having('failure'),
      '@errors': having('error'),
      '@skipped': having('skipped'),
      '@timestamp': new Date(state.time).toISOString().slice(0, 19),
      testcase: cases,
    };
  });
  const sum = (key: '@tests' | '@failures' | '@errors') =>
    suites.reduce((total, suite) => total + suite[key], 0);
  return `${builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'godrift check',
      '@tests': sum('@tests'),
      '@failures': sum('@failures'),
      '@errors': sum('@errors'),
      testsuite: suites,
    },
  })}`;
}
