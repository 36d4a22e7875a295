// `npm run release [-- --output DIR] [--arch x64,arm64]`: builds the files of a release from this checkout:
// the npm package, a tarball with Node for each architecture, install.sh, a software bill of materials and
// SHA256SUMS. Builds are reproducible: the same commit gives the same bytes (docs/release.md).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeTarball } from './release/node-tarball.js';
import { npmPackage } from './release/npm-package.js';
import { bill } from './release/sbom.js';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    output: { type: 'string', default: path.join(root, 'build/release') },
    arch: { type: 'string', default: 'x64,arm64' },
  },
});

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });

/**
 * Returns the timestamp of all files in a release, seconds since the epoch: SOURCE_DATE_EPOCH, else the
 * commit's (reproducible-builds.org).
 */
function epoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d{1,12}$/.test(given)) return Number(given);
  return Number(git('log', '-1', '--format=%ct'));
}

/**
 * Copies the checkout into `folder`, since dist/ here may be in use. Files that git ignores are not part of a
 * release.
 */
function copyCheckout(folder) {
  const names = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const name of names) {
    if (!/^(?!test\/|bench\/|findings\/)[^/]/.test(name) || !existsSync(path.join(root, name))) continue;
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    copyFileSync(path.join(root, name), path.join(folder, name));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
}

const output = path.resolve(values.output);
const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-release-'));
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const time = epoch();
process.umask(0o022);
copyCheckout(path.join(scratch, 'checkout'));
process.chdir(path.join(scratch, 'checkout'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
process.env.GODRIFT_REVISION ??= git('rev-parse', '--short=12', 'HEAD').trim();

// The output of other programs must not depend on the user's language.
process.env.LC_ALL = 'C';
execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
const sbom = `godrift-${version}.cdx.json`;
writeFileSync(path.join(output, sbom), bill({ version, time }));
const stage = npmPackage({ scratch, output, sbom: path.join(output, sbom) });
const nodes = path.join(root, 'build/node');
for (const arch of values.arch.split(',').filter((one) => one !== ''))
  nodeTarball({ stage, scratch, output, version, arch, time, nodes });
copyFileSync('deploy/host/install.sh', path.join(output, 'install.sh'));
const lines = readdirSync(output)
  .sort()
  .map((name) => {
    const bytes = readFileSync(path.join(output, name));
    console.log(`${String(bytes.length).padStart(10)}  ${name}`);
    return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
  });
writeFileSync(path.join(output, 'SHA256SUMS'), lines.join(''));
process.chdir(root);
rmSync(scratch, { recursive: true });
