/** A real Chromium for pages: the one on PATH, alone with a fresh profile, telling of every request that it makes. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { onPath } from './toolchains.ts';

/** Names under which distributions install it. */
const names = ['chromium', 'chromium-browser', 'google-chrome'] as const;

// Nothing but the page: no updates, no component downloads, no sync, no QUIC.
const args = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

/** Path of the Chromium on PATH, or undefined. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of names) {
    const path = await onPath(name);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Starts it, with a profile that is removed when it is closed. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  // Its sandbox needs namespaces, and refuses root.
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args });
}

export interface Visit {
  readonly page: Page;
  /** Addresses of all requests so far. */
  readonly requests: readonly string[];
  /** What the page complained about: refused by its policy, failed, thrown. */
  readonly complaints: readonly string[];
}

/** Opens an address; `javaScriptEnabled` false is a browser with scripts turned off. */
export async function visit(
  browser: Browser,
  url: string,
  options: NonNullable<Parameters<Browser['newContext']>[0]> = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, requests, complaints };
}
