/** Settings of outgoing HTTP requests: the user agent, and the proxy that the environment names. */
import type { Outgoing } from '../host/http-client.ts';
import { proxyFromEnvironment } from '../host/proxy-environment.ts';
import { version } from './version.ts';

/** Returns the settings for the environment of the program. */
export const outgoingOf = (env: ReadonlyMap<string, string>): Outgoing => ({
  userAgent: `godrift/${version}`,
  proxyFor: proxyFromEnvironment(env),
});
