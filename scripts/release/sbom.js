// Builds the software bill of materials in CycloneDX format, as npm writes it, with two differences. It names
// only packages in the bundle, not those that build or test it. And it is reproducible: its serial number is
// derived from its content, and its time is the commit's.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const node = JSON.parse(readFileSync(new URL('node.json', import.meta.url), 'utf8'));

/** Returns `name@version` of each bundled package. */
function bundled() {
  return JSON.parse(readFileSync('build/bundled.json', 'utf8')).map((folder) => {
    const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return `${name}@${version}`;
  });
}

/** Derives a UUID (RFC 9562, version 8) from a text. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Returns the document as text; `time` is in seconds since the epoch. Throws if the lock file lacks a bundled
 * package.
 */
export function bill({ version, time }) {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const document = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
  const wanted = new Set(bundled());
  // "@scope" is the group of the component there.
  const nameOf = ({ group, name, version: its }) => `${group ? `${group}/` : ''}${name}@${its}`;
  const components = new Map();
  for (const component of document.components)
    if (wanted.has(nameOf(component))) components.set(nameOf(component), component);
  const missing = [...wanted].filter((name) => !components.has(name));
  if (missing.length > 0) throw new Error(`the lock file does not know ${missing.join(', ')}`);
  const runtime = {
    'bom-ref': `node@${node.version}`,
    type: 'platform',
    name: 'node',
    version: node.version,
    scope: 'optional',
    description: 'in the tarballs with Node only',
    purl: `pkg:generic/node@${node.version}`,
  };
  const kept = [...[...components.keys()].sort().map((name) => components.get(name)), runtime];
  const refs = new Set([...kept.map((one) => one['bom-ref']), document.metadata.component['bom-ref']]);
  const dependencies = document.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)).sort() }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const metadata = { ...document.metadata, timestamp: new Date(time * 1000).toISOString() };
  metadata.component.version = version;
  const content = { ...document, metadata, components: kept, dependencies };
  delete content.serialNumber;
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return `${JSON.stringify({ ...content, serialNumber }, undefined, 2)}\n`;
}
