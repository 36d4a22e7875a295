/** Generates the manifests in deploy/kubernetes from prometheus/ and one description of the sidecar. */
import path from 'node:path';
import { stringify } from 'yaml';
import { monitoringFiles } from './monitoring.ts';
import { nodeFiles } from './nodes.ts';
import { runnerFiles } from './runners.ts';
import { sidecarFiles } from './sidecar.ts';

/** The directory of the manifests. */
export const root = path.join(import.meta.dirname, '../../deploy/kubernetes');

const head =
  '# Made by `npm run manifests` from scripts/kubernetes and prometheus/. Change those, not this file.\n';

/** Writes YAML without aliases, which are hard to read, and without folding expressions. */
const asYaml = (data: object) => stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });

/** Returns all manifests: path below deploy/kubernetes → text. */
export function files(): Readonly<Record<string, string>> {
  const all = { ...sidecarFiles(), ...nodeFiles(), ...monitoringFiles(), ...runnerFiles() };
  return Object.fromEntries(
    Object.entries(all).map(([name, data]) => [
      name,
      head + (typeof data === 'string' ? data : asYaml(data)),
    ]),
  );
}
