/** The manifests that are made from prometheus/ and from one description of the sidecar: path below deploy/kubernetes → text. */
import path from 'node:path';
import { stringify } from 'yaml';
import { monitoringFiles } from './monitoring.ts';
import { nodeFiles } from './nodes.ts';
import { runnerFiles } from './runners.ts';
import { sidecarFiles } from './sidecar.ts';

/** Where they are written. */
export const root = path.join(import.meta.dirname, '../../deploy/kubernetes');

const head =
  '# Made by `npm run manifests` from scripts/kubernetes and prometheus/. Change those, not this file.\n';

/** Aliases would be right and hard to read; expressions keep their lines. */
const asYaml = (data: object) => stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });

/** All of them. */
export function files(): Readonly<Record<string, string>> {
  const all = { ...sidecarFiles(), ...nodeFiles(), ...monitoringFiles(), ...runnerFiles() };
  return Object.fromEntries(
    Object.entries(all).map(([name, data]) => [
      name,
      head + (typeof data === 'string' ? data : asYaml(data)),
    ]),
  );
}
