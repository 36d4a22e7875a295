import { describe, expect, it } from 'vitest';
import { escapeHtml, statusPage } from '../../../src/tell/status-page.ts';
import { drifted, exporterState, noon, quiet } from './states.ts';

const page = (...states: Parameters<typeof statusPage>[0]) => statusPage(states, exporterState, '/metrics');

describe('the status page', () => {
  it('says what a target is, and leads to the metrics', () => {
    const html = page(quiet);
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toMatch(/target here is one Go environment/i);
    expect(html).toContain('href="/metrics"');
    expect(html).toContain('http-equiv="refresh" content="15"');
  });

  it('shows what drifted from what to what, since when, and how to repair it', () => {
    const html = page(drifted);
    for (const part of [
      'toolchain.version was 1.26.8 and is 1.27.4',
      'goenv-ignored',
      'undo goenv-ignored',
      new Date(noon - 60_000).toISOString(),
      'go1.27.4 linux/amd64',
      '/src/api',
      'journal line 7',
    ]) {
      expect(html).toContain(part);
    }
  });

  it('is without script, outer content and unescaped text, whatever a state holds', () => {
    const nasty = `"><script>alert('1')</script>&<img src=x onerror=y>`;
    const collectors = [{ collector: nasty, success: false, durationSeconds: 1, why: nasty }];
    const findings = drifted.findings.map((one) => ({
      ...one,
      rule: nasty,
      key: nasty,
      summary: nasty,
      repair: nasty,
      origin: { kind: 'file', path: nasty, line: 1 } as const,
    }));
    const html = statusPage(
      [
        {
          ...drifted,
          target: nasty,
          workspace: nasty,
          pool: nasty,
          collectors,
          findings,
          baseline: { ...drifted.baseline, source: nasty },
          toolchain: { version: nasty, goos: nasty, goarch: nasty, origin: nasty },
        },
      ],
      { ...exporterState, version: nasty, revision: nasty },
      nasty,
    );
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(html).toContain(escapeHtml(nasty));
  });

  it('has landmarks, headings for every column, a language and colours for both schemes', () => {
    const html = page(quiet, { ...drifted, target: 'web' });
    expect(html).toContain('<html lang="en">');
    for (const landmark of ['header', 'main', 'footer']) expect(html.split(`<${landmark}>`)).toHaveLength(2);
    expect(html.match(/<th scope="col">/g)?.length).toBe((html.match(/<table>/g)?.length ?? 0) * 4);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(ids).toHaveLength(new Set(ids).size);
    for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
    expect(html).toContain('prefers-color-scheme:dark');
  });

  it('says what is not known, and what is wrong with the exporter', () => {
    expect(page()).toContain('not over yet');
    const { toolchain: _, ...without } = quiet;
    expect(page({ ...without, baseline: { kind: 'none', source: '' }, facets: {} })).toMatch(
      /no go.*none yet.*no baseline yet/s,
    );
    expect(statusPage([quiet], { ...exporterState, stateWritable: false }, '/metrics')).toContain(
      'not recorded',
    );
  });
});
