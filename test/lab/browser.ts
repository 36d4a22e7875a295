/** A real Chromium from PATH for testing pages, with a fresh profile; every request it makes is recorded. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { onPath } from './toolchains.ts';

/** The names under which distributions install Chromium. */
const names = ['chromium', 'chromium-browser', 'google-chrome'] as const;

// No requests but those of the page: no updates, component downloads, sync or QUIC.
const args = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

/** Returns the path of the Chromium on PATH, or undefined. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of names) {
    const path = await onPath(name);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Starts Chromium with a profile that is removed when the browser is closed. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  // Chromium's sandbox needs namespaces and refuses to run as root.
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args });
}

export interface Visit {
  readonly page: Page;
  /** Addresses of all requests so far. */
  readonly requests: readonly string[];
  /** Problems of the page: blocked by its policy, failed requests, console warnings and thrown errors. */
  readonly complaints: readonly string[];
}

/** Opens a URL in a new context; with `javaScriptEnabled: false` scripts are turned off. */
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
