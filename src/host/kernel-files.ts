/**
 * Recognizes file systems whose files are interfaces of the kernel. Most of these files claim to be regular,
 * but reading one has effects: reading /proc/kmsg or trace_pipe takes messages away from the log daemon, and
 * device attributes do whatever their driver does. Files of /proc may refuse a read that their mode allows.
 * Nothing that a workspace or an observed environment may name lies there.
 */
import { statfsSync } from './counted-fs.ts';
import { withRealHeld } from './root.ts';

/** Types as statfs(2) reports them (linux/magic.h, and the kernel sources for those not listed there). */
const kernelTypes: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x9fa1, // openprom
  0x9fa2, // usbfs
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0x62656570, // configfs
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x42494e4d, // binfmt_misc
  0xcafe4a11, // bpf
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x7655821, // resctrl
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
  0x5a3c69f0, // apparmorfs
  0x65735543, // fusectl
  0x67596969, // rpc_pipefs
  0x6e667364, // nfsd
  0xabba1974, // xenfs
  0x19800202, // mqueue
  0x1cd1, // devpts
  0x6e736673, // nsfs
  0x50494446, // pidfs
  0x09041934, // anonymous inodes
  0x50495045, // pipes
  0x534f434b, // sockets
]);

/**
 * Reports whether a file lies on such a file system; `held` is a host path that leads to it only, such as
 * /proc/self/fd/N. Throws the system's error.
 */
export function isOfKernel(held: string): boolean {
  // Some systems report the 32-bit number with a sign.
  return kernelTypes.has(statfsSync(held).type >>> 0);
}

/**
 * Reports whether a directory, of the host or of another root, lies on such a file system. Throws the
 * system's error.
 */
export function isKernelDirectory(directory: string): boolean {
  return withRealHeld(directory, isOfKernel);
}
