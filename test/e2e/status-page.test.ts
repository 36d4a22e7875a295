/**
 * The status page in a real Chromium: it makes no requests to other servers, needs no script, reloads itself,
 * and is accessible in both colour schemes.
 */
import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, startBrowser, type Visit, visit } from '../lab/browser.ts';
import type { Fleet } from '../lab/fleet.ts';
import { eventually } from '../lab/godrift.ts';
import { showFew, showMany } from '../lab/showcase.ts';
import { scratch } from '../lab/toolchains.ts';

const chromium = await findChromium();
const many = 200;

/** Returns the serious and critical violations that axe finds, with their elements. */
async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const names = (page: Page) => page.locator('h3 a, tbody th a').allTextContents();

describe.skipIf(chromium === undefined)(
  'the status page in Chromium (skipped without chromium on PATH)',
  () => {
    let browser: Browser;
    let few: Fleet;
    let fleet: Fleet;
    let scriptless: Visit;

    beforeAll(async () => {
      browser = await startBrowser(chromium as string);
      [few, fleet] = await Promise.all([showFew(scratch('few')), showMany(scratch('many'), many)]);
      scriptless = await visit(browser, `${few.exporter.url}/`, { javaScriptEnabled: false });
    });

    afterAll(async () => {
      await browser?.close();
      await Promise.all([few?.stop(), fleet?.stop()]);
    });

    it.each([
      ['few', 'light'],
      ['few', 'dark'],
      ['many', 'light'],
    ] as const)(
      'with %s targets in %s mode has no serious axe violations, no page errors and no requests to other servers',
      async (size, colorScheme) => {
        const { url } = (size === 'few' ? few : fleet).exporter;
        const { page, requests, complaints } = await visit(browser, `${url}/?refresh=off`, { colorScheme });
        expect(await seriousFaults(page)).toEqual([]);
        expect(complaints).toEqual([]);
        for (const request of requests)
          expect(request.startsWith('data:') || new URL(request).origin === url, request).toBe(true);
        await page.context().close();
      },
    );

    it('fails the axe test without a lang attribute', async () => {
      const { page } = await visit(browser, `${few.exporter.url}/`);
      await page.evaluate("document.documentElement.removeAttribute('lang')");
      expect(await seriousFaults(page)).toEqual([expect.stringContaining('html-has-lang')]);
      await page.context().close();
    });

    it('fits on a screen 360 pixels wide', async () => {
      const { page } = await visit(browser, `${fleet.exporter.url}/`, {
        viewport: { width: 360, height: 740 },
      });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await page.context().close();
    });

    it('filters, searches and opens one of 200 targets without a script', async () => {
      const { page } = await visit(browser, `${fleet.exporter.url}/`, { javaScriptEnabled: false });
      expect(await names(page)).toHaveLength(many);
      await page.getByRole('link', { name: /^major/ }).click();
      expect(await page.locator('article .head .badge').allTextContents()).toEqual(['major', 'major']);
      await page.getByRole('link', { name: /^all/ }).click();
      await page.getByRole('searchbox', { name: 'Find' }).fill('ledger-0');
      await page.getByRole('button', { name: 'Show' }).click();
      expect((await names(page)).every((name) => name.startsWith('ledger-0'))).toBe(true);
      await page.getByRole('link', { name: 'ledger-03' }).click();
      expect(await names(page)).toEqual(['ledger-03']);
      await page.getByRole('link', { name: 'stop' }).click();
      expect(await page.getByText('not refreshing').count()).toBe(1);
      await page.context().close();
    });

    it('shows changed entries with old and new values, and counts drifted targets in its title', async () => {
      const { page } = scriptless;
      const card = page.getByRole('article', { name: 'api' });
      const text = (await card.innerText()).replaceAll(/\s+/g, ' ');
      for (const part of [
        'toolchain.version',
        '1.26.0',
        '1.27.4',
        'pin-go-version',
        'goflags-rewrites-gomod',
        'GOPRIVATE',
      ])
        expect(text).toContain(part);
      // Polled, because the page may be reloading.
      await expect.poll(() => page.title()).toBe('godrift: 2 of 3 targets not in sync');
    });

    it('shows new values bold in the colour of their own level, and old ones dimmed', async () => {
      const { page } = await visit(browser, `${few.exporter.url}/?refresh=off`);
      const looks = (await page.evaluate(
        `[...document.querySelectorAll('.findings li:has(ins)')].map((item) => {
          const style = (selector) => getComputedStyle(item.querySelector(selector));
          return { now: style('ins').color, level: style('.badge').color, weight: style('ins').fontWeight, was: style('del').color, dim: style('.arrow').color };
        })`,
      )) as readonly Readonly<Record<'now' | 'level' | 'weight' | 'was' | 'dim', string>>[];
      expect(new Set(looks.map(({ level }) => level)).size).toBeGreaterThan(1);
      for (const { now, level, weight, was, dim } of looks)
        expect({ now, weight, was }).toEqual({ now: level, weight: '700', was: dim });
      await page.context().close();
    });

    it('reloads itself without a script', async () => {
      await eventually('a second request of the page', async () => scriptless.requests.length > 1);
      expect(new Set(scriptless.requests)).toEqual(new Set([`${few.exporter.url}/`]));
      expect(scriptless.complaints).toEqual([]);
    });
  },
);
