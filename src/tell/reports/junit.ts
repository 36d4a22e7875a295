/**
 * Renders JUnit XML for CI systems: a suite for each facet, a case for each finding. A facet without findings
 * is one passed case.
 */
import { type Facet, facets } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { counts, type Report, sentence } from './report.ts';
import { type Element, element, xmlDocument } from './xml.ts';

type Result = 'failure' | 'error' | 'skipped' | 'passed';

/** A test case and its result. */
interface Case {
  readonly result: Result;
  readonly xml: Element;
}

function testCase(classname: string, name: string, result: Result, below: readonly Element[] = []): Case {
  return { result, xml: element('testcase', { classname, name }, below) };
}

function findingCase({ state, failOn }: Report, finding: Finding): Case {
  const classname = `${state.target}.${finding.facet}`;
  const name = `${finding.rule} ${finding.key}`;
  const { level, summary, waived } = finding;
  if (waived !== undefined) {
    const message = `waived until ${waived.expires}: ${waived.reason}`;
    return testCase(classname, name, 'skipped', [element('skipped', { message })]);
  }
  const text = sentence(finding, '\n');
  if (!counts(finding, failOn))
    return testCase(classname, name, 'passed', [element('system-out', {}, `${level}: ${text}`)]);
  return testCase(classname, name, 'failure', [element('failure', { type: level, message: summary }, text)]);
}

/** Returns the case of a facet as a whole: unreadable, not evaluated, or clean. */
function facetCases({ state }: Report, facet: Facet, clean: boolean): readonly Case[] {
  const classname = `${state.target}.${facet}`;
  const status = state.facetStatus[facet];
  if (status === 'unreadable') {
    const why = state.collectors.find((one) => one.collector === facet)?.why;
    return [
      testCase(classname, facet, 'error', [element('error', { message: why ?? 'it could not be read' })]),
    ];
  }
  if (status === 'not_evaluated') {
    const why = state.collectors.find((one) => one.collector === facet && one.unjudged === true)?.why;
    const message = why === undefined ? 'not evaluated' : `not evaluated: ${why}`;
    return [testCase(classname, facet, 'skipped', [element('skipped', { message })])];
  }
  return clean ? [testCase(classname, facet, 'passed')] : [];
}

const ending = (cases: readonly Case[], result: Result) =>
  cases.filter((one) => one.result === result).length;

/** Renders the document. */
export function junitReport(report: Report): string {
  const { state } = report;
  const suites = facets.map((facet) => {
    const found = state.findings.filter((one) => one.facet === facet).map((one) => findingCase(report, one));
    return { facet, cases: [...facetCases(report, facet, found.length === 0), ...found] };
  });
  const all = suites.flatMap(({ cases }) => cases);
  const timestamp = new Date(state.time).toISOString().slice(0, 19);
  return xmlDocument(
    element(
      'testsuites',
      {
        name: 'godrift check',
        tests: all.length,
        failures: ending(all, 'failure'),
        errors: ending(all, 'error'),
      },
      suites.map(({ facet, cases }) =>
        element(
          'testsuite',
          {
            name: `${state.target}.${facet}`,
            tests: cases.length,
            failures: ending(cases, 'failure'),
            errors: ending(cases, 'error'),
            skipped: ending(cases, 'skipped'),
            timestamp,
          },
          cases.map(({ xml }) => xml),
        ),
      ),
    ),
  );
}
