/** How this program goes out, wherever to: under its name, and through the proxy that its environment names. */
import type { Outgoing } from '../host/http-client.ts';
import { proxyFromEnvironment } from '../host/proxy-environment.ts';
import { version } from './version.ts';

/** By the environment that the program was started with. */
export const outgoingOf = (env: ReadonlyMap<string, string>): Outgoing => ({
  userAgent: `godrift/${version}`,
  proxyFor: proxyFromEnvironment(env),
});
