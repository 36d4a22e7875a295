/**
 * A host that lost its SDK in `~/sdk`, and a file proxy that may have the release, for rollbacks that fetch.
 * The release is a real one, or a small but complete tree with a real go: unpacking 11,000 files takes
 * minutes while other tests are running.
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { downloadPath } from '../../src/go/module-path.ts';
import { standardFolders } from '../../src/go/toolchain-files.ts';
import { accept, goenvOf } from './accepted.ts';
import { godrift, makeWorld, type World } from './godrift.ts';
import { makeZip } from './make-zip.ts';
import { cloneToolchain, ensureToolchain } from './toolchains.ts';

const module = 'golang.org/toolchain';
const versionOf = (go: string) => `v0.0.1-go${go}.linux-amd64`;
/** Returns the module version of a Go release. */
export const releaseOf = (go: string): string => `${module}@${versionOf(go)}`;

/** A release: lays it out as `goX download` does, and writes its zip. */
interface Release {
  readonly layOut: (to: string) => Promise<void>;
  readonly putZip: (to: string) => Promise<void>;
}

async function wholeRelease(go: string): Promise<Release> {
  const { goroot } = await ensureToolchain(go);
  const kept = join(dirname(dirname(goroot)), downloadPath(module, versionOf(go), 'zip'));
  return {
    layOut: async (to) => void (await cloneToolchain(go, to)),
    putZip: async (to) => {
      try {
        linkSync(kept, to);
      } catch {
        await copyFile(kept, to);
      }
    },
  };
}

/** Makes a small release: its go command, and a file in each directory that every release has. */
async function smallRelease(go: string): Promise<Release> {
  const { goroot } = await ensureToolchain(go);
  const tools = 'pkg/tool/linux_amd64';
  const real = ['bin/go', 'VERSION', 'go.env'].map(
    (name) => [name, readFileSync(join(goroot, name))] as const,
  );
  const files: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ...real,
    ...readdirSync(join(goroot, tools)).map(
      (name) => [`${tools}/${name}`, Buffer.from('#!/bin/true\n')] as const,
    ),
    ...standardFolders.map((name) => [`src/${name}/a.go`, Buffer.from(`package ${name}\n`)] as const),
  ];
  return {
    layOut: async (to) => {
      for (const [name, bytes] of files) {
        const isProgram = /^(?:bin|pkg)\//.test(name);
        mkdirSync(dirname(join(to, name)), { recursive: true });
        writeFileSync(join(to, name), bytes, { mode: isProgram ? 0o755 : 0o644 });
      }
      writeFileSync(join(to, '.unpacked-success'), '');
    },
    putZip: async (to) => {
      const zipped = files.map(([name, bytes]) => ({ name: `${releaseOf(go)}/${name}`, text: bytes }));
      writeFileSync(to, makeZip(zipped));
    },
  };
}

/** Options of {@link makeLostSdk}. */
export interface LosingSdk {
  /** The rollback section of the configuration; `target`: further settings of the target. */
  readonly rollback?: object;
  readonly target?: object;
  /** Use the complete release instead of the small one. */
  readonly isWhole?: boolean;
  /** Called with the home before the SDK is laid out in it. */
  readonly prepare?: (home: string) => void;
}

/**
 * Makes a world that was accepted with go1.21.13 in `~/sdk`, and go1.27.4 after it on PATH, and then lost the
 * SDK. The proxy in its approved GOENV has the release once `publish` is called.
 */
export async function makeLostSdk({
  rollback = { download: true },
  target = {},
  isWhole = false,
  prepare = () => {},
}: LosingSdk = {}) {
  const go = '1.21.13';
  const release = await (isWhole ? wholeRelease : smallRelease)(go);
  const other = await ensureToolchain('1.27.4');
  const made = makeWorld(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' });
  prepare(made.home);
  const sdk = join(made.home, `sdk/go${go}`);
  await release.layOut(sdk);
  const proxy = join(made.home, 'proxy');
  const base = join(proxy, module, '@v', versionOf(go));
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.info`, JSON.stringify({ Version: versionOf(go), Time: '2024-01-01T00:00:00Z' }));
  writeFileSync(`${base}.mod`, `module ${module}\n`);
  const world: World = {
    ...made,
    env: { ...made.env, GOTOOLCHAIN: 'local', PATH: `${sdk}/bin:${dirname(other.go)}:/usr/bin:/bin` },
  };
  mkdirSync(dirname(goenvOf(world)), { recursive: true });
  writeFileSync(goenvOf(world), `GOPROXY=file://${proxy}\nGOSUMDB=off\n`);
  const config = join(world.home, 'godrift.yml');
  const one = { name: 'default', workspace: world.workspace, ...target };
  writeFileSync(config, stringify({ targets: [one], rollback }));
  await accept(world, 'all well', '--config.file', config);
  const lose = () => rmSync(sdk, { recursive: true });
  lose();
  return {
    ...{ world, config, sdk, proxy, other, release, lose },
    publish: async () => {
      rmSync(`${base}.zip`, { force: true });
      await release.putZip(`${base}.zip`);
    },
    /** Replaces the zip by a FIFO, so that opening it blocks. */
    stall: () => {
      rmSync(`${base}.zip`, { force: true });
      execFileSync('mkfifo', [`${base}.zip`]);
    },
  };
}

/** The result of {@link makeLostSdk}. */
export type LostSdk = Awaited<ReturnType<typeof makeLostSdk>>;

/** Runs `godrift rollback --facet toolchain` in such a world. */
export const rollBack = ({ world, config }: Pick<LostSdk, 'world' | 'config'>, ...args: string[]) =>
  godrift(world, ['rollback', '--facet', 'toolchain', '--config.file', config, ...args]);
