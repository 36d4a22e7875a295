// Builds the package for the npm registry. The program is bundled, so that the published package has no
// dependencies: the packages in the bundle are named in the bill of materials and in the licenses instead.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Keys of package.json that are useful in a checkout only, or replaced by the bundle. */
const ofTheCheckout = ['scripts', 'dependencies', 'devDependencies'];

/** Returns the licenses of all bundled packages, which must be distributed with them. */
function licenses() {
  const folders = JSON.parse(readFileSync('build/bundled.json', 'utf8'));
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? `License: ${license}` : readFileSync(path.join(folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `dist/ holds code of these packages.\n\n${parts.join(`\n${'-'.repeat(79)}\n\n`)}`;
}

/** Creates the package in a directory of `scratch`, packs it into `output` and returns the directory. */
export function npmPackage({ scratch, output, sbom }) {
  const stage = path.join(scratch, 'package');
  mkdirSync(stage);
  const listed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
  );
  const [{ files }] = Object.values(listed);
  for (const { path: name } of files) {
    // V8's code cache is valid for one version of Node only, and its bytes are not reproducible.
    if (name === 'package.json' || name.endsWith('.cache')) continue;
    cpSync(name, path.join(stage, name));
    chmodSync(path.join(stage, name), name === 'dist/godrift.js' ? 0o755 : 0o644);
  }
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const key of ofTheCheckout) delete manifest[key];
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(path.join(stage, 'THIRD-PARTY-LICENSES.txt'), licenses());
  manifest.files.push('THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json');
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(sbom, path.join(stage, 'sbom.cdx.json'));
  if (!existsSync(path.join(stage, 'dist/godrift.js')))
    throw new Error('the package has no program: see "files" in package.json');
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', output, stage]);
  return stage;
}
