/** Who tells: the OpenTelemetry resource of the exporter of a state directory, the same in whatever command of it writes a line. */
import { readMachine } from '../host/machine.ts';
import { instanceId } from '../store/secret-key.ts';
import { resourceAttributes } from '../tell/spans/resource.ts';
import { version } from './version.ts';

/** Attributes of the resource; `key` is that of the state directory. */
export function instanceResource(
  key: Uint8Array,
  env: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const { hostname, arch, platform: os } = readMachine();
  return resourceAttributes({ version, instanceId: instanceId(key), hostname, arch, os, env });
}
