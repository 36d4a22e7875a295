/** The status page as a function: what it says, in which order, and that nothing of a state becomes markup. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/drift/model.ts';
import type { TargetState } from '../../../../src/drift/state.ts';
import { createHistory } from '../../../../src/tell/status/history.ts';
import { createStatusPage, type StatusInput } from '../../../../src/tell/status/page.ts';
import { plainView, readView } from '../../../../src/tell/status/view.ts';
import { conflict, drifted, exporterState, noon, quiet } from '../states.ts';

function page(
  states: readonly TargetState[],
  input: Partial<StatusInput> = {},
  history = createHistory(),
): string {
  return createStatusPage(history)({
    states,
    exporter: exporterState,
    telemetryPath: '/metrics',
    view: plainView,
    now: noon + 5_000,
    ...input,
  });
}

const view = (query: string) => readView(new URLSearchParams(query));
/** The text that a reader sees, with entities decoded. */
const words = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/[\s\u00a0]+/g, ' ');
/** Target names in the order of the page. */
const order = (html: string) =>
  [...html.matchAll(/<t?h3?[^>]*><a href="[^"]*">([^<]*)<\/a>/g)].map((match) => match[1]);

const unread: TargetState = {
  ...quiet,
  target: 'unread',
  readable: { ok: false, reason: 'denied' },
  collectors: [
    {
      collector: 'env',
      success: false,
      durationSeconds: 0.1,
      lastSuccess: noon - 90_000,
      why: 'permission denied',
    },
  ],
  facetStatus: { ...quiet.facetStatus, env: 'unreadable' },
};
const broken: TargetState = {
  ...quiet,
  target: 'broken',
  level: 'major',
  findings: [conflict('modules-off', 'major')],
};
const fleet: readonly TargetState[] = [
  ...Array.from({ length: 8 }, (_, index) => ({ ...quiet, target: `calm-${index}` })),
  unread,
  { ...drifted, target: 'drifted' },
  broken,
];

describe('the status page', () => {
  it('says what a target is, and leads to the metrics', () => {
    const html = page([quiet]);
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toMatch(/target here is one Go environment/i);
    expect(html).toContain('href="/metrics"');
    expect(html).toContain('<title>godrift: in sync</title>');
  });

  it('shows what drifted from what to what, since when, and how to repair it', () => {
    const html = page([drifted]);
    for (const part of [
      'toolchain.version was 1.26.8 → is 1.27.4',
      'goenv-ignored',
      'Repair undo goenv-ignored',
      '0.50 1 min',
      'since 2026-11-22 08:14 UTC , cause unknown, trace 0af7651916cd43dd8448eb211c80319c',
      '1.27.4 linux/amd64',
      '/src/api',
      'journal line 7',
      'oldest look 5 s ago',
    ]) {
      expect(words(html)).toContain(part);
    }
    expect(html).toContain(`datetime="${new Date(noon - 60_000).toISOString()}"`);
  });

  it('shows every facet with its state, including those that were not evaluated', () => {
    const html = words(page([{ ...unread, facetStatus: { ...unread.facetStatus, tools: 'absent' } }]));
    for (const part of [
      'toolchain in sync 3 0.00',
      'env unreadable',
      'modules not evaluated',
      'tools absent',
    ])
      expect(html).toContain(part);
    expect(html).toContain('failed : permission denied, last success 1 min 30 s before');
    expect(html).toContain('self, denied');
  });

  it('sums up the facets that need no attention where there are many targets', () => {
    const html = words(page(fleet));
    expect(html).toContain('in sync: env, context · not evaluated: modules, cache, tools');
    expect(html).toContain('toolchain minor 3 0.50 1 min');
    expect(html).toContain('env unreadable');
  });

  it('lists the worst first, the healthy ones as rows', () => {
    const html = page(fleet);
    expect(order(html)).toEqual([
      'broken',
      'drifted',
      'unread',
      ...Array.from({ length: 8 }, (_, index) => `calm-${index}`),
    ]);
    expect(html.match(/<article/g)).toHaveLength(3);
    expect(words(html)).toContain('3 of 11 targets not in sync');
    expect(words(html)).toContain('8 targets in sync');
  });

  it('filters, searches, sorts and keeps that in its links', () => {
    expect(order(page(fleet, { view: view('show=minor') }))).toEqual(['drifted']);
    expect(order(page(fleet, { view: view('q=CALM-3') }))).toEqual(['calm-3']);
    expect(order(page(fleet, { view: view('q=nothing') }))).toEqual([]);
    expect(order(page(fleet, { view: view('sort=name') })).slice(0, 2)).toEqual(['broken', 'drifted']);
    expect(order(page(fleet, { view: view('sort=since') }))[0]).toBe('drifted');
    const html = page(fleet, { view: view('q=a&sort=name&refresh=off') });
    expect(html).toContain('href="./?show=major&amp;q=a&amp;sort=name&amp;refresh=off"');
    expect(html).toContain('<input type="hidden" name="sort" value="name">');
    expect(html).toMatch(/not refreshing · <a href="\.\/\?q=a&amp;sort=name">/);
  });

  it('shows one target alone with all of its findings', () => {
    const many: TargetState = {
      ...broken,
      findings: Array.from({ length: 20 }, (_, index) => conflict(`rule-${index}`, 'major')),
    };
    expect(words(page([many]))).toContain('and 8 more');
    const alone = page([...fleet, { ...many, target: 'many' }], { view: view('target=many') });
    expect(order(alone)).toEqual(['many']);
    expect(alone).toContain('rule-19');
    expect(alone).toContain('<a href="./">All targets</a>');
    expect(words(page(fleet, { view: view('target=<b>') }))).toContain('There is no target &lt;b&gt;.');
  });

  it('reads any query', () => {
    expect(view('show=odd&sort=&refresh=1&target=')).toEqual(plainView);
    expect(view(`q=${'x'.repeat(500)}`).search).toHaveLength(100);
  });

  it('reuses markup while a state is the same', () => {
    const history = createHistory();
    const make = createStatusPage(history);
    const input = { exporter: exporterState, telemetryPath: '/metrics', view: plainView, now: noon };
    const first = make({ ...input, states: [quiet] });
    history.record({ ...drifted, time: noon });
    expect(make({ ...input, states: [quiet] })).toBe(first);
    expect(make({ ...input, states: [{ ...quiet }] })).not.toBe(first);
  });

  it('is without script, outer content and unescaped text, whatever a state holds', () => {
    const nasty = `"><script>alert('1')</script>&<img src=x onerror=y>\u0000`;
    const finding = (kind: Finding['kind']): Finding => ({
      kind,
      rule: nasty,
      facet: 'env',
      level: 'major',
      key: nasty,
      expected: nasty,
      actual: nasty,
      summary: nasty,
      repair: nasty,
      origin: { kind: 'file', path: nasty, line: 1 },
    });
    const state: TargetState = {
      ...drifted,
      target: nasty,
      workspace: nasty,
      pool: nasty,
      collectors: [{ collector: 'env', success: false, durationSeconds: 1, why: nasty }],
      readable: { ok: false, reason: nasty },
      findings: (['drift', 'pin', 'missing', 'conflict'] as const).map(finding),
      baseline: { ...drifted.baseline, source: nasty },
      toolchain: { version: nasty, goos: nasty, goarch: nasty, origin: nasty },
    };
    const exporter = { ...exporterState, version: nasty, revision: nasty };
    const quiets = fleet.map((one) => ({
      ...one,
      target: `${nasty}${one.target}`,
      workspace: nasty,
      pool: nasty,
    }));
    for (const html of [
      page([state], { exporter, telemetryPath: nasty }),
      page([state, ...quiets], { view: view(`q=${encodeURIComponent(nasty)}`) }),
      page([state, ...quiets], { view: { ...plainView, target: nasty } }),
    ]) {
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      expect(html).not.toContain('\u0000');
      // `>` is escaped in attributes too, so a tag ends at the first one.
      for (const [tag] of html.matchAll(/<[a-z][^>]*>/g))
        expect(tag.replaceAll(/"[^"]*"/g, '')).not.toMatch(/\s(style|on\w+)\s*=/);
      expect(html.replaceAll(/xmlns=&#39;[^&]*&#39;/g, '')).not.toMatch(/(src|href|action)="(https?:)?\/\//);
      expect(html).toContain('&quot;&gt;&lt;script&gt;');
    }
  });

  it('has landmarks, headings for every column, a language and colours for both schemes', () => {
    const html = page(fleet);
    expect(html).toContain('<html lang="en">');
    for (const landmark of ['header', 'main', 'footer'])
      expect(html.match(new RegExp(`<${landmark}[ >]`, 'g'))).toHaveLength(1);
    expect(html.match(/<th scope="col">/g)?.length).toBe((html.match(/<table>/g)?.length ?? 0) * 6);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(ids).toHaveLength(new Set(ids).size);
    for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
    expect(html).toContain('prefers-color-scheme:dark');
  });

  it('says what is not known, and what is wrong with the exporter', () => {
    expect(page([], { exporter: { ...exporterState, passes: 0 } })).toContain('not finished yet');
    expect(page([], { exporter: { ...exporterState, passes: 2 } })).toContain(
      'the patterns of the configuration find none',
    );
    const { toolchain: _, ...without } = quiet;
    expect(words(page([{ ...without, baseline: { kind: 'none', source: '' }, facets: {} }]))).toMatch(
      /none answers.*none yet.*no baseline yet/s,
    );
    const exporter = {
      ...exporterState,
      stateWritable: false,
      config: { ok: false, loadedAt: noon },
      journal: { errors: 48, unwritten: 1 },
      outbox: {
        ...exporterState.outbox,
        pending: 4,
        oldest: noon - 120_000,
        dropped: { ...exporterState.outbox.dropped, refused: 2, overflow: 3 },
      },
    };
    const html = words(page([quiet], { exporter }));
    for (const part of [
      'drifts are shown, not recorded',
      'newest configuration is wrong',
      '1 record not written to the journal yet',
      '48 writes into the state directory failed since the start',
      '2 spans refused',
      '3 spans waited too long',
      '4 spans not sent yet, the oldest for 2 min 5 s',
    ]) {
      expect(html).toContain(part);
    }
  });
});
