/**
 * The OpenTelemetry resource of this exporter. It contains no pid, which would make every restart another
 * resource.
 */
import { conventions } from '../../catalog/spans.ts';

export interface ResourceInput {
  readonly version: string;
  /** Persisted, so that it survives restarts. */
  readonly instanceId: string;
  readonly hostname: string;
  readonly arch: string;
  readonly os: string;
  /** Source of OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, which count as in every SDK. */
  readonly env: ReadonlyMap<string, string>;
}

// Node's names → host.arch of the semantic conventions.
const arches: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm32',
  ia32: 'x86',
  ppc64: 'ppc64',
  s390x: 's390x',
};

/**
 * Parses `k=v,k=v` with percent-encoded values (OpenTelemetry resource SDK, environment variable). Invalid
 * pairs are left out.
 */
export function parseResourceAttributes(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const cut = pair.indexOf('=');
    if (cut <= 0) continue;
    try {
      found[pair.slice(0, cut).trim()] = decodeURIComponent(pair.slice(cut + 1).trim());
    } catch {}
  }
  return found;
}

/** Returns all attributes. The environment overrides detected values. */
export function resourceAttributes(input: ResourceInput): Readonly<Record<string, string>> {
  const name = input.env.get('OTEL_SERVICE_NAME');
  return {
    [conventions.serviceName]: 'godrift',
    [conventions.serviceVersion]: input.version,
    [conventions.serviceInstanceId]: input.instanceId,
    // Onset and end of a drift must come from one host, or Jaeger adjusts the time between them as clock
    // skew. A host may be renamed meanwhile (a pod restarts) while the state directory stays. Jaeger prefers
    // host.id to host.name.
    [conventions.hostId]: input.instanceId,
    [conventions.hostName]: input.hostname,
    [conventions.hostArch]: arches[input.arch] ?? input.arch,
    [conventions.osType]: input.os,
    ...parseResourceAttributes(input.env.get('OTEL_RESOURCE_ATTRIBUTES') ?? ''),
    ...(name ? { [conventions.serviceName]: name } : {}),
  };
}
