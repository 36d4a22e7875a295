// `npm run screenshots`: takes the screenshots of the README from the real program with a real Chromium.
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findChromium, startBrowser, visit } from '../test/lab/browser.ts';
import type { Fleet } from '../test/lab/fleet.ts';
import { showFew, showMany } from '../test/lab/showcase.ts';

const images = path.join(import.meta.dirname, '../docs/images');
/** A fixed path, since it is visible in the screenshots. */
const root = path.join(tmpdir(), 'godrift');

interface Picture {
  readonly name: string;
  readonly fleet: 'few' | 'many';
  readonly colorScheme: 'light' | 'dark';
  readonly query?: string;
  readonly height: number;
}

const pictures: readonly Picture[] = [
  { name: 'status-light', fleet: 'few', colorScheme: 'light', height: 900 },
  { name: 'status-dark', fleet: 'few', colorScheme: 'dark', height: 900 },
  { name: 'status-fleet', fleet: 'many', colorScheme: 'light', height: 900 },
];

const executable = await findChromium();
if (executable === undefined) throw new Error('no chromium on PATH: install the package chromium');
mkdirSync(images, { recursive: true });
for (const kind of ['few', 'many'] as const) {
  mkdirSync(root);
  let fleet: Fleet | undefined;
  const browser = await startBrowser(executable);
  try {
    fleet = kind === 'few' ? await showFew(root) : await showMany(root, 200);
    for (const { name, colorScheme, query = '', height } of pictures.filter((one) => one.fleet === kind)) {
      const { page } = await visit(browser, `${fleet.exporter.url}/${query}`, {
        colorScheme,
        viewport: { width: 1120, height },
      });
      await page.screenshot({ path: path.join(images, `${name}.png`), scale: 'css' });
      console.log(`wrote docs/images/${name}.png`);
    }
  } finally {
    await browser.close();
    await fleet?.stop();
    rmSync(root, { recursive: true });
  }
}
