/** Which machines run a Go of which platform. */

/** What the operating system says of itself, in Node's words. */
export interface HostPlatform {
  readonly platform: string;
  readonly arch: string;
}

/** Architectures by Node's names, where one name is one GOARCH. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

/** What else the processor, or the system for it, runs. */
const also: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/** `linux/amd64` of a host; undefined where Go calls it otherwise than Node and nobody knows how. */
export function hostPlatform({ platform, arch }: HostPlatform): string | undefined {
  const own = architectures[arch];
  return own === undefined || (platform !== 'linux' && platform !== 'darwin')
    ? undefined
    : `${platform}/${own}`;
}

/**
 * `linux/amd64` of the host where it cannot start a program of this platform (`exec format error`); undefined where it can, and where that is not
 * known. Apple's translate programs of its former architecture.
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
