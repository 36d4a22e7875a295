/** Build caches for scenarios: one of the world's own, filled by its go, and hands that damage it. */
import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, fileOf, outputsIn, overwrite, runtimeCache } from '../lab/build-cache.ts';
import { rollsBack } from './repairs.ts';
import { main, type Site, sdk } from './site.ts';

export const cacheOf = (site: Site) => join(site.home, '.cache/go-build');

/** Gives the world a cache of its own, in which the runtime lies, and builds its workspace into it. */
export async function ownCache(site: Site): Promise<void> {
  await runtimeCache(sdk(site.version), cacheOf(site));
  site.env.GOCACHE = cacheOf(site);
  await build(site);
}

async function build(site: Site): Promise<void> {
  const { text, exitCode } = await site.shell('go build -o app .');
  if (exitCode !== 0) throw new Error(text);
}

/** A program with a package of its own that holds a text. */
export const answering = (text: string) => ({
  ...main('println(answer.Text)', 'example.com/app/answer'),
  'answer/answer.go': `package answer\n\nvar Text = "${text}"\n`,
});

/** Builds and runs it. A program that is there and was made of the same inputs is not linked again. */
export const answers = 'rm -f app && go build -o app . && ./app';

/** The outputs that hold a text. */
export const holding = (site: Site, text: string): readonly Entry[] =>
  outputsIn(cacheOf(site), '!<arch>\n').filter(({ output }) =>
    readFileSync(fileOf(cacheOf(site), output, 'd')).includes(text),
  );

/** Writes into every output that holds a text, and makes it look old, so that nothing has to settle. */
export function damage(site: Site, text: string, change: (file: string, bytes: Buffer) => void): void {
  for (const { output } of holding(site, text)) {
    const file = fileOf(cacheOf(site), output, 'd');
    change(file, readFileSync(file));
    const then = Date.now() / 1000 - 3600;
    utimesSync(file, then, then);
  }
}

/** Replaces one text by another of its length. */
export const flipped = (from: string, to: string) => (file: string, bytes: Buffer) => {
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1))
    overwrite(file, at, Buffer.from(to));
};

/** `godrift rollback --facet cache`, as it is printed with its first step. */
export const cacheRepair = rollsBack(
  /remove (?:the (?:output|action entry), so that|what is in the place of)/,
);
