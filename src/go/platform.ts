/** Decides whether a host can run programs of a GOOS/GOARCH platform. */

/** A host in Node's terms: `process.platform` and `process.arch`. */
export interface HostPlatform {
  readonly platform: string;
  readonly arch: string;
}

/** GOARCH by Node's architecture name, for names with exactly one GOARCH. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

/** Other architectures whose programs a host usually runs. */
const also: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/**
 * Returns the Go platform of a host (`linux/amd64`); undefined for systems and architectures without a known
 * Go name.
 */
export function hostPlatform({ platform, arch }: HostPlatform): string | undefined {
  const own = architectures[arch];
  return own === undefined || (platform !== 'linux' && platform !== 'darwin')
    ? undefined
    : `${platform}/${own}`;
}

/**
 * Returns the platform of the host (`linux/amd64`) if it cannot run a program of the given platform (`exec
 * format error`); undefined if it can or that is not known. macOS hosts on arm64 run amd64 programs by
 * translation.
 */
export function refusingHost(
  program: { readonly os: string; readonly arch: string },
  { platform, arch }: HostPlatform,
): string | undefined {
  const host = hostPlatform({ platform, arch });
  const own = architectures[arch];
  if (host === undefined || own === undefined) return undefined;
  const runs = [own, ...(also[own] ?? []), ...(platform === 'darwin' ? ['amd64'] : [])];
  return program.os === platform && runs.includes(program.arch) ? undefined : host;
}
