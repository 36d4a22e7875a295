/**
 * Checks that the same promise is made everywhere: catalogue, reference pages under docs/, Prometheus rules,
 * JSON schema and configuration. Pages are compared as a whole (is `npm run docs` due?) and row by row (does
 * the script omit anything?). Rules of naming: prometheus.io/docs/practices/naming and
 * instrumenting/writing_exporters.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { entryRule, entryRules } from '../../src/catalog/entries.ts';
import { entryKeys } from '../../src/catalog/entry-keys.ts';
import { exitCodes, somethingFound } from '../../src/catalog/exit-codes.ts';
import { facets, levels, portableFacets } from '../../src/catalog/facets.ts';
import type { MetricRow } from '../../src/catalog/metric-row.ts';
import { causes, metricName, metrics as metricRows } from '../../src/catalog/metrics.ts';
import * as options from '../../src/catalog/options.ts';
import { confirmVariables } from '../../src/catalog/rollback-commands.ts';
import { rulePages } from '../../src/catalog/rule-pages.ts';
import type { RuleRow } from '../../src/catalog/rule-row.ts';
import { conflictRules as ruleRows } from '../../src/catalog/rules.ts';
import * as spanCatalogue from '../../src/catalog/spans.ts';
import { variables } from '../../src/catalog/variables.ts';
import { runProgram } from '../../src/cli/program.ts';
import { configSchema, parseConfig, workspaceSchema } from '../../src/cli/settings/config-file.ts';
import { configLimits, workspaceLimits } from '../../src/cli/settings/strict-yaml.ts';
import type { Finding } from '../../src/drift/model.ts';
import type { FacetState, TargetState } from '../../src/drift/state.ts';
import { exporterFamilies } from '../../src/tell/metrics/exporter.ts';
import { labelLimit, probeFamilies, seriesLimit, targetFamilies } from '../../src/tell/metrics/samples.ts';
import {
  auditedCache,
  conflict,
  driftedToolchain,
  exemptEverywhere,
  exporterState,
  noon,
  quiet,
  rolledBack,
  selfFacts,
} from './tell/states.ts';

const root = path.resolve(import.meta.dirname, '../..');
const text = (relative: string) => readFileSync(path.join(root, relative), 'utf8');
const filesIn = (directory: string, end: string) =>
  readdirSync(path.join(root, directory))
    .filter((name) => name.endsWith(end))
    .map((name) => `${directory}/${name}`);

const metrics: readonly MetricRow[] = metricRows;
const conflictRules: readonly RuleRow[] = ruleRows;
const metricNames = metrics.map(metricName);
/** Labels of alerts (contract §5) that look like names of metrics. */
const alertLabels = ['godrift_action'];

/** The exports of scripts/docs.js, which is JavaScript so that Node 20 runs it directly. */
interface DocsScript {
  readonly cataloguePages: (catalogue: object) => Readonly<Record<string, string>>;
  readonly commandsPage: (run: (args: readonly string[]) => Promise<string>) => Promise<string>;
}
const script: string = '../../scripts/docs.js';
const { cataloguePages, commandsPage } = (await import(script)) as DocsScript;

/** Returns the rows of all tables on a page whose first column has this title; cells without backticks. */
function tableRows(page: string, title: string): readonly (readonly string[])[] {
  return page.split('\n\n').flatMap((block) => {
    const [head = '', , ...rows] = block.trim().split('\n');
    if (!head.startsWith(`| ${title} |`)) return [];
    return rows.map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((one) => one.trim().replaceAll('`', '').replaceAll('\\|', '|')),
    );
  });
}

/** Variables of `make check-env` and of the GitLab job. */
const integrationVariables = ['make/godrift.mk', 'gitlab/godrift.yml'].flatMap(
  (file) => text(`integrations/${file}`).match(/\bGODRIFT(_[A-Z_]+)?\b/g) ?? [],
);

/** Returns the names of godrift's metrics in a text, without recorded series (`target:godrift_…:max`). */
function metricsIn(words: string): readonly string[] {
  return [...words.matchAll(/(?<![:\w])godrift_[a-z0-9_]*[a-z0-9](?![\w:…*])/g)].map(([name]) => name);
}

/** Returns the fenced code blocks of a language on a page. */
function blocks(page: string, language: string): readonly string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, body = '']) =>
    name === language ? [body] : [],
  );
}

const facetOf = (key: string) => facets.findIndex((facet) => key.startsWith(`${facet}.`));

describe('docs', () => {
  const pages = cataloguePages({
    metrics,
    metricName,
    seriesLimit,
    conflictRules,
    rulePages,
    entryKeys,
    exitCodes,
    somethingFound,
    entryRule,
    facets,
    portableFacets,
    variables,
    ...spanCatalogue,
    ...options,
  });

  it.each(Object.keys(pages))('%s is what npm run docs writes', (name) => {
    expect(text(`docs/${name}`)).toBe(pages[name]);
  });

  it('cli.md is what npm run docs writes', async () => {
    const written = await commandsPage(async (args) => {
      let printed = '';
      const stdout = { write: (words: string) => (printed += words) };
      const code = await runProgram(args, { env: new Map(), cwd: root, stdout, stderr: stdout });
      expect(code, args.join(' ')).toBe(0);
      return printed;
    });
    expect(text('docs/cli.md')).toBe(written);
    expect(written).toContain('## `godrift baseline accept`');
  });

  it('metrics.md has every metric, whole, and no other', () => {
    const rows = tableRows(text('docs/metrics.md'), 'metric');
    const expected = metrics.map((row) => [
      metricName(row),
      row.type,
      [...(row.target ? ['target'] : []), ...row.labels].join(', '),
      String(row.bound),
      row.stability,
      row.help,
    ]);
    expect(rows.toSorted()).toEqual(expected.toSorted());
    expect(text('docs/metrics.md')).toContain(`at most ${labelLimit} characters`);
  });

  it('conflicts.md has every rule, whole, and no other', () => {
    expect(tableRows(text('docs/conflicts.md'), 'rule')).toEqual(
      conflictRules.map((row) => [
        `[${row.rule}](#${row.rule})`,
        row.varies ? `${row.level} (varies)` : row.level,
        row.facet,
        row.holds,
      ]),
    );
    for (const { rule } of conflictRules) expect(text('docs/conflicts.md')).toContain(`\n## \`${rule}\`\n`);
  });

  it('entries.md has every key that is weighed', () => {
    const keys = entryKeys.map(({ example }) => example);
    for (const { pattern } of entryRules)
      expect(
        keys.some((key) => pattern.test(key)),
        String(pattern),
      ).toBe(true);
    expect(tableRows(text('docs/entries.md'), 'key').map(([key]) => key)).toEqual(
      entryKeys.map(({ key }) => key).toSorted((a, b) => facetOf(a) - facetOf(b)),
    );
  });

  it('variables.md has every variable, whole, and no other', () => {
    const rows = tableRows(text('docs/variables.md'), 'variable');
    const expected = variables.map((row) => [
      row.name,
      String(row.weight),
      row.level,
      row.exported ? 'yes' : 'no',
      row.secret,
      row.since ?? '',
    ]);
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });

  it('spans.md has every span, attribute and event, and no other', () => {
    const sections = text('docs/spans.md').split(/^## /m).slice(1);
    expect(sections.map((section) => /^`(.+)`\n/.exec(section)?.[1])).toEqual(
      spanCatalogue.spans.map(({ name }) => name),
    );
    sections.forEach((section, index) => {
      const span = spanCatalogue.spans[index];
      const rows = [
        ...(span?.attributes ?? []),
        ...(span?.events ?? []).flatMap(({ attributes }) => attributes),
      ];
      expect(tableRows(section, 'attribute')).toEqual(
        rows.map((row) => [row.key, row.type, row.optional ? 'not always' : 'always', row.about]),
      );
      for (const event of span?.events ?? [])
        expect(section).toContain(`Event \`${event.name}\`, at most ${event.atMost}`);
    });
  });

  it('configuration.md has every setting, whole, and no other', () => {
    const rows: readonly options.OptionRow[] = [options.configFileOption, ...options.serveOptions];
    expect(tableRows(text('docs/configuration.md'), 'YAML key')).toEqual(
      rows.map((row) => [row.key ?? '', row.flag, row.env, row.default, row.about]),
    );
  });

  it('integrations.md has every input and variable, and no other', () => {
    const page = text('docs/integrations.md');
    const { inputs } = parse(text('action.yml')) as { inputs: Record<string, { default: string }> };
    expect(tableRows(page, 'input').map(([name, value]) => [name, value])).toEqual(
      Object.entries(inputs).map(([name, input]) => [name, input.default]),
    );
    const named = tableRows(page, 'variable').map(([name]) => name);
    expect(new Set(named)).toEqual(new Set(integrationVariables));
  });

  it.each([
    'README.md',
    'CONTRIBUTING.md',
    ...filesIn('docs', '.md'),
    ...filesIn('docs/runbooks', '.md'),
    ...filesIn('docs/decisions', '.md'),
  ])('%s names only metrics, variables and linked files that exist', (file) => {
    const page = text(file);
    for (const name of metricsIn(page)) expect([...metricNames, ...alertLabels]).toContain(name);
    const settings = [
      ...[options.configFileOption, ...options.serveOptions].map(({ env }) => env),
      ...Object.values(confirmVariables),
    ];
    const known = file === 'docs/integrations.md' ? [...settings, ...integrationVariables] : settings;
    for (const [name] of page.matchAll(/\bGODRIFT_(?!TEST_)[A-Z_]+\b/g)) expect(known).toContain(name);
    for (const [, link = ''] of page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const target = path.relative(root, path.resolve(root, path.dirname(file), link));
      expect(() => readdirSync(path.join(root, path.dirname(target))), link).not.toThrow();
      expect(readdirSync(path.join(root, path.dirname(target))), link).toContain(path.basename(target));
    }
  });

  /** Maps each command to its help text: `godrift baseline accept` → its section of cli.md. */
  const helps = new Map(
    text('docs/cli.md')
      .split(/^## `/m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('`')), section] as const),
  );

  /**
   * Returns the command lines of a text: in fenced blocks (with or without a prompt), in code spans, and
   * after `with:` in alerts.
   */
  function commandLines(words: string): readonly string[] {
    const fenced = [...words.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap(([, body = '']) =>
      body.split('\n'),
    );
    const prose = words.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '');
    return [
      ...fenced.map((line) => line.replace(/^\$ /, '')),
      ...[...prose.matchAll(/`([^`\n]+)`|with: (.+)$/gm)].map(([, span, rest]) => span ?? rest ?? ''),
    ].flatMap((line) => /^godrift(?: [^|>&;#]*)?$/.exec(line.replace(/\s*[|>&;#].*$/, ''))?.[0] ?? []);
  }

  /** Returns the commands and flags in a text that no help text has. */
  function unknownCommands(words: string): readonly string[] {
    return commandLines(words).flatMap((line) => {
      const [, ...args] = line.trim().split(/\s+/);
      const depth = args.findIndex(
        (_, index) => !helps.has(['godrift', ...args.slice(0, index + 1)].join(' ')),
      );
      const path = ['godrift', ...(depth < 0 ? args : args.slice(0, depth))];
      const next = args[path.length - 1];
      const help = helps.get(path.join(' ')) ?? '';
      // Command groups take a command. Other commands, and groups whose usage says so, take a directory or a
      // name.
      if (/^Usage: .*\[command\]$/m.test(help) && next !== undefined && !next.startsWith('-'))
        return [[...path, next].join(' ')];
      return args
        .filter(
          (arg) =>
            /^--?[a-z]/i.test(arg) && !new RegExp(`(^|[ ,])${arg.replace(/=.*/, '')}[ ,\n]`, 'm').test(help),
        )
        .map((flag) => [...path, flag].join(' '));
    });
  }

  it.each([
    'README.md',
    ...filesIn('docs', '.md').filter((file) => file !== 'docs/cli.md'),
    ...filesIn('docs/runbooks', '.md'),
    ...filesIn('prometheus/rules', '.yml'),
  ])('%s shows commands that exist', (file) => {
    expect(unknownCommands(text(file))).toEqual([]);
  });

  it('unknownCommands finds commands and flags that do not exist', () => {
    expect(unknownCommands('Run `godrift chek --json`.')).toEqual(['godrift chek']);
    expect(unknownCommands('```sh\n$ godrift baseline accept --because x\ngodrift check\n```\n')).toEqual([
      'godrift baseline accept --because',
    ]);
    expect(unknownCommands('See more with: godrift baseline forget')).toEqual(['godrift baseline forget']);
    expect(
      unknownCommands('godrift looks, `godrift` and `godrift serve DIR…`, `godrift events -f | head`'),
    ).toEqual([]);
  });

  it('lists every decision record', () => {
    const records = filesIn('docs/decisions', '.md')
      .map((file) => path.basename(file))
      .filter((name) => name !== 'README.md');
    const listed = [...text('docs/decisions/README.md').matchAll(/\]\((\d{4}-[\w-]+\.md)\)/g)].map(
      ([, name]) => name,
    );
    expect(listed).toEqual(records.toSorted());
    expect(new Set(records.map((name) => name.slice(0, 4))).size, 'numbers are unique').toBe(records.length);
  });
});

describe('names of metrics', () => {
  it('are unique', () => {
    expect(new Set(metricNames).size).toBe(metricNames.length);
  });

  /** Returns the faults of a metric's name, labels and help, one line each. */
  function faults({ type, labels, help }: MetricRow, name: string): readonly string[] {
    const found: string[] = [];
    const units = ['seconds', 'bytes', 'ratio'];
    const bare = name.replace(/_total$/, '');
    const words = bare.split('_');
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) found.push('is not in snake case');
    if ((type === 'counter') !== name.endsWith('_total'))
      found.push('_total is for counters, and for all of them');
    if (/_(count|sum|bucket|created)$/.test(name)) found.push('ends as the series of a histogram do');
    if (words.some((word) => units.includes(word)) && !units.includes(words.at(-1) ?? ''))
      found.push('has its unit in the middle');
    if (/_(timestamp|duration|delay|time|age|interval)(_|$)/.test(bare) && !bare.endsWith('_seconds'))
      found.push('is a time and not in seconds');
    if (/_(memory|size)(_|$)/.test(bare) && !bare.endsWith('_bytes'))
      found.push('is a size and not in bytes');
    if (
      /(^|_)(ms|millis|milliseconds|minutes|hours|days|kb|mb|kilobytes|megabytes|percent|percentage)(_|$)/.test(
        name,
      )
    )
      found.push('is in no base unit');
    if (name.endsWith('_info') && type !== 'gauge') found.push('is an info and no gauge');
    if (
      labels.some(
        (label) =>
          !/^[a-z][a-z0-9_]*$/.test(label) || ['le', 'quantile', 'job', 'instance', 'target'].includes(label),
      )
    )
      found.push('has a label that is reserved');
    if (!/^[A-Z][^\n]*\.$/.test(help)) found.push('has a help that is no sentence');
    return found;
  }

  it('follow the rules of Prometheus', () => {
    for (const row of metrics) expect(faults(row, metricName(row)), metricName(row)).toEqual([]);
  });

  it('are checked by a function that finds violations', () => {
    const row: MetricRow = {
      name: '',
      type: 'gauge',
      help: 'A thing.',
      labels: [],
      target: true,
      bound: 1,
      stability: 'stable',
    };
    expect(faults(row, 'godrift_passes_total')).toHaveLength(1);
    expect(faults({ ...row, type: 'counter' }, 'godrift_passes')).toHaveLength(1);
    expect(faults(row, 'godrift_scan_duration_ms')).toHaveLength(2);
    expect(faults(row, 'godrift_seconds_since')).toHaveLength(1);
    expect(faults(row, 'godrift_cacheSize')).toHaveLength(1);
    expect(faults(row, 'godrift_cache_size')).toHaveLength(1);
    expect(faults({ ...row, labels: ['instance'], help: 'a thing' }, 'godrift_things')).toHaveLength(2);
  });

  it('say in the help if a value is cached from the last pass', () => {
    for (const row of metrics) {
      for (const name of metricsIn(row.help)) expect(metricNames, row.help).toContain(name);
      if (/^(toolchain|env|facet|drift|conflict)/.test(row.name))
        expect(row.help, row.name).toContain('Cached: ');
    }
  });
});

describe('bounds of metrics', () => {
  const many = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const facetStates = Object.fromEntries(
    facets.map((facet): [string, FacetState] => [
      facet,
      {
        ...driftedToolchain,
        facet,
        ...(driftedToolchain.drift === undefined
          ? {}
          : {
              drift: {
                ...driftedToolchain.drift,
                changes: many(30, (index) => ({
                  facet,
                  key: `${facet}.k${index}`,
                  actual: 'x',
                  weight: 0.1,
                  level: 'minor' as const,
                })),
              },
            }),
      },
    ]),
  );
  const [pin] = quiet.pins;
  const parts = (['major', 'minor', 'patch'] as const).map((part) => ({ part, value: 1 }));
  /** A target with more of everything than its metrics can show. */
  const crowded: TargetState = {
    ...quiet,
    exemptions: exemptEverywhere,
    rollbacks: rolledBack,
    collectors: facets.map((collector) => ({
      collector,
      success: true,
      durationSeconds: 1,
      lastSuccess: noon,
    })),
    toolchain: {
      version: '1.27.4',
      goos: 'linux',
      goarch: 'amd64',
      origin: 'local',
      downloadPending: '1.27.5',
    },
    pins:
      pin === undefined ? [] : many(12, (index) => ({ ...pin, source: `source ${index}`, deviation: parts })),
    tools: {
      tools: many(80, (index) => ({
        name: `t${index}`,
        version: 'v1.0.0',
        goVersion: '1.26.8',
        behind: true,
      })),
    },
    environment: many(80, (index) => ({ name: `V${index}`, value: 'x', origin: 'process' })),
    required: many(40, (index) => ({ name: `R${index}`, missing: true })),
    facets: facetStates,
    findings: conflictRules.map(({ rule, level }): Finding => conflict(rule, level)),
    counters: {
      changes: Object.fromEntries(facets.map((facet) => [facet, { minor: 1 }])),
      lastChange: Object.fromEntries(facets.map((facet) => [facet, noon])),
    },
    modules: {
      modules: 400,
      source: 'go',
      state: 'complete',
      disagreements: 0,
      overrides: { patch: 1, minor: 1, major: 1 },
      extracted: { verified: 1, edited: 1, unverified: 1 },
    },
    cache: auditedCache,
  };
  const families = targetFamilies(crowded);
  const seriesOf = (name: string) => families.find(({ row }) => row.name === name)?.samples.length ?? 0;
  const boundOf = (name: string) => metrics.find((row) => row.name === name)?.bound ?? 0;
  const ofTarget = metrics.filter((row) => row.target);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

  it('hold for a target that has more of everything than it can show', () => {
    for (const { row, samples } of families) expect(samples.length, row.name).toBeLessThanOrEqual(row.bound);
    const total = sum(families.map(({ samples }) => samples.length));
    expect(total).toBe(seriesLimit);
    expect(sum(ofTarget.map(({ bound }) => bound))).toBeGreaterThanOrEqual(total);
  });

  it('hold for the exporter, whose families are single series', () => {
    const state = { ...exporterState, outbox: { ...exporterState.outbox, oldest: noon } };
    const own = [...exporterFamilies(state, selfFacts, 'v20.19.0'), ...probeFamilies(quiet)];
    expect(own.map(({ row }) => row.name).toSorted()).toEqual(
      metrics
        .filter((row) => !row.target)
        .map(({ name }) => name)
        .toSorted(),
    );
    for (const { row, samples } of own) expect(samples, row.name).toHaveLength(row.bound);
  });

  it('are large enough for every closed set of label values', () => {
    const changeKinds = 3;
    const room: Readonly<Record<string, number>> = {
      collector_success: facets.length,
      collector_duration_seconds: facets.length,
      collector_last_success_timestamp_seconds: facets.length,
      facet_fingerprint: facets.length,
      facet_entries: facets.length,
      drift_level: facets.length,
      drift_entries: facets.length * changeKinds,
      drift_change_ratio: facets.length,
      drift_semantic_distance: facets.length,
      drift_since_timestamp_seconds: facets.length,
      drift_trace_info: facets.length,
      changes_total: facets.length * (levels.length - 1),
      last_change_timestamp_seconds: facets.length,
      waiver_expiry_timestamp_seconds: facets.length,
      conflicts: levels.length - 1,
    };
    for (const [name, needed] of Object.entries(room)) {
      expect(boundOf(name), name).toBe(needed);
      expect(seriesOf(name), `${name} never gives way`).toBe(needed);
    }
    // Room for each facet and each rule; a true cause is never omitted in favour of a false one.
    expect(boundOf('conflict_info')).toBeGreaterThanOrEqual(conflictRules.length);
    expect(boundOf('drift_cause')).toBeGreaterThanOrEqual(facets.length);
    expect(causes).toContain('unknown');
    const told = targetFamilies({ ...crowded, environment: [], required: [], findings: [], pins: [] });
    const reasons = told.find(({ row }) => row.name === 'drift_cause')?.samples ?? [];
    expect(reasons.filter(({ value }) => value === 1).map(({ labels }) => labels['facet'])).toEqual([
      ...facets,
    ]);
  });

  it('are kept by a target that uses them all, and produce every family', () => {
    expect(new Set([...families.map(({ row }) => row.name), 'env_disagreements'])).toEqual(
      new Set(ofTarget.map(({ name }) => name)),
    );
  });
});

describe('prometheus', () => {
  const files = filesIn('prometheus/rules', '.yml');
  interface Rule {
    readonly record?: string;
    readonly expr: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }
  const rulesOf = (file: string) =>
    (parse(text(file)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

  // test/e2e/rules.test.ts checks the rules with a real parser and labels.
  it.each(files)('%s reads metrics of the catalogue', (file) => {
    const used = rulesOf(file).flatMap((rule) =>
      metricsIn([rule.expr, ...Object.values(rule.annotations ?? {})].join('\n')),
    );
    expect(used.length).toBeGreaterThan(3);
    for (const name of used) expect(metricNames).toContain(name);
  });

  it('uses only recorded series that a rule records', () => {
    const rules = files.flatMap(rulesOf);
    const recorded = rules.flatMap((rule) => rule.record ?? []);
    const words = rules
      .map((rule) => [rule.expr, ...Object.values(rule.annotations ?? {})].join('\n'))
      .join('\n');
    for (const [name] of words.matchAll(/\b[a-z_]+:godrift_[a-z_]+:[a-z0-9_]+\b/g))
      expect(recorded).toContain(name);
  });
});

describe('schema/check.schema.json', () => {
  const schema = JSON.parse(text('schema/check.schema.json'));

  it('has the levels and facets of the catalogue', () => {
    expect(schema.properties.level.enum).toEqual([...levels]);
    expect(schema.$defs.finding.properties.level.enum).toEqual(levels.filter((level) => level !== 'none'));
    expect(schema.$defs.finding.properties.facet.enum).toEqual([...facets]);
    expect(schema.properties.facets.required).toEqual([...facets]);
    for (const facet of portableFacets) expect(facets).toContain(facet);
  });
});

describe('configuration.md', () => {
  const [example = '', workspaceExample = ''] = blocks(text('docs/configuration.md'), 'yaml');
  const example1 = () => parse(example) as { targets: Record<string, unknown>[] } & Record<string, unknown>;

  it('shows a configuration that is accepted', () => {
    const config = parseConfig(configSchema, example, 'godrift.yml', configLimits);
    expect(config.targets?.map(({ environment }) => environment.from)).toEqual([
      'self',
      'file',
      'process',
      'none',
      'self',
      'self',
    ]);
    expect(parseAllDocuments(example)).toHaveLength(1);
  });

  it('shows every setting of the catalogue, with its default', () => {
    for (const row of options.serveOptions) {
      const value = row.key
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], example1());
      expect(['string', 'number', 'boolean'], row.key).toContain(
        Array.isArray(value) ? 'string' : typeof value,
      );
      if (row.default !== '') expect(String(value), row.key).toBe(row.default);
    }
  });

  it('shows every key of a target, and comments it', () => {
    const target = configSchema.shape.targets.unwrap().element;
    const shown = new Set(example1().targets.flatMap((one) => Object.keys(one)));
    expect([...shown].toSorted()).toEqual(Object.keys(target.shape).toSorted());
    const [first = ''] = example.split(/^ {2}- name: web/m);
    for (const line of first
      .split('\n')
      .filter((one) => /^\s+(- )?\w+: \S/.test(one) && !/golangci|telemetry_path/.test(one))) {
      expect(line).toContain(' # ');
    }
  });

  it('shows a .godrift.yml that is accepted, and refused where it configures the host', () => {
    expect(parseConfig(workspaceSchema, workspaceExample, '.godrift.yml', workspaceLimits)).toMatchObject({
      pins: { go: '1.26' },
      required: ['GOPRIVATE'],
    });
    expect(() =>
      parseConfig(workspaceSchema, `${workspaceExample}interval: 1s\n`, '.godrift.yml', workspaceLimits),
    ).toThrow('unknown keys: interval');
  });

  it.each([
    ['the file', (config: ReturnType<typeof example1>) => config],
    ['web', (config) => config['web']],
    ['log', (config) => config['log']],
    ['targets.0', (config) => config.targets[0]],
    ['targets.0.pins', (config) => config.targets[0]?.['pins']],
  ] satisfies [string, (config: ReturnType<typeof example1>) => unknown][])(
    'an unknown key in %s is refused',
    (where, at) => {
      const config = example1();
      Object.assign(at(config) as object, { colour: 'red' });
      expect(() => parseConfig(configSchema, JSON.stringify(config), 'godrift.yml', configLimits)).toThrow(
        `${where} has unknown keys: colour`,
      );
    },
  );

  it('an unknown key of an environment is refused', () => {
    const config = { targets: [{ name: 'a', environment: { from: 'file', path: '/a', colour: 'red' } }] };
    expect(() => parseConfig(configSchema, JSON.stringify(config), 'godrift.yml', configLimits)).toThrow(
      'cannot use godrift.yml',
    );
  });
});
