/**
 * The OpenTelemetry resource of a state directory's exporter. Commands that write into the same directory use
 * the same resource.
 */
import { readMachine } from '../host/machine.ts';
import { instanceId } from '../store/secret-key.ts';
import { resourceAttributes } from '../tell/spans/resource.ts';
import { version } from './version.ts';

/** Returns the resource attributes; `key` is the secret key of the state directory. */
export function instanceResource(
  key: Uint8Array,
  env: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const { hostname, arch, platform: os } = readMachine();
  return resourceAttributes({ version, instanceId: instanceId(key), hostname, arch, os, env });
}
