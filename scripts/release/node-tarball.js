// Builds the tarball for hosts without Node: the package, the Node that it was tested with, a launcher, the
// manual page and completions. Node's binaries come from the npm registry and must have the digest in
// node.json.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';

const node = JSON.parse(readFileSync(new URL('node.json', import.meta.url), 'utf8'));

const digestOf = (file) => `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;

/**
 * Returns the npm package with Node for Linux, fetched into `folder` once. Throws if its digest is not the
 * one in node.json.
 */
function nodePackage(arch, folder) {
  const wanted = node.integrity[arch];
  if (wanted === undefined) throw new Error(`there is no Node for ${arch} in scripts/release/node.json`);
  const name = `node-linux-${arch}-${node.version}.tgz`;
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    const fetched = path.join(folder, `fetched-${process.pid}`);
    mkdirSync(fetched, { recursive: true });
    execFileSync('npm', [
      'pack',
      '--silent',
      '--pack-destination',
      fetched,
      `node-linux-${arch}@${node.version}`,
    ]);
    renameSync(path.join(fetched, name), file);
    rmSync(fetched, { recursive: true });
  }
  if (digestOf(file) !== wanted)
    throw new Error(`${file} is not the Node that scripts/release/node.json names`);
  return file;
}

/** Unpacks `node` and its license into `folder`. */
function addNode(folder, arch, nodes) {
  const names = ['package/bin/node', 'package/LICENSE'];
  execFileSync('tar', ['-xzf', nodePackage(arch, nodes), '-C', folder, '--strip-components=1', ...names]);
  renameSync(path.join(folder, 'bin/node'), path.join(folder, 'node'));
  rmSync(path.join(folder, 'bin'), { recursive: true });
  renameSync(path.join(folder, 'LICENSE'), path.join(folder, 'LICENSE.node'));
}

/** Adds the files that other programs look for below share/: the manual page and the completions. */
function addShare(tree, program) {
  const write = (name, text) => {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), text);
  };
  const completion = (shell) => execFileSync(process.execPath, [program, 'completion', shell]);
  write('share/man/man1/godrift.1', readFileSync('docs/godrift.1'));
  write('share/bash-completion/completions/godrift', completion('bash'));
  write('share/zsh/site-functions/_godrift', completion('zsh'));
  write('share/fish/vendor_completions.d/godrift.fish', completion('fish'));
}

/**
 * Creates `godrift-VERSION-linux-ARCH.tar.gz` in `output`, reproducibly: sorted, owned by root, with one
 * timestamp. `nodes` is the directory that caches the npm packages of Node.
 */
export function nodeTarball({ stage, scratch, output, version, arch, time, nodes }) {
  const top = `godrift-${version}-linux-${arch}`;
  const tree = path.join(scratch, top);
  const lib = path.join(tree, 'lib');
  mkdirSync(lib, { recursive: true });
  mkdirSync(path.join(tree, 'bin'));
  writeFileSync(path.join(tree, 'bin/godrift'), readFileSync(new URL('launcher.sh', import.meta.url)), {
    mode: 0o755,
  });
  cpSync(stage, path.join(lib, 'package'), { recursive: true });
  cpSync('scripts/code-cache.cjs', path.join(lib, 'code-cache.cjs'));
  addNode(lib, arch, nodes);
  addShare(tree, path.resolve(stage, 'dist/godrift.js'));
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) cpSync(name, path.join(tree, name));
  cpSync('deploy/host/install.sh', path.join(tree, 'install.sh'));
  if (!readdirSync(lib).includes('node'))
    throw new Error(`the package of Node for ${arch} holds no bin/node`);
  const args = [
    '--format=ustar',
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--mtime=@${time}`,
  ];
  const file = path.join(scratch, `${top}.tar`);
  execFileSync('tar', [...args, '--mode=u+rwX,go+rX,go-w', '-C', scratch, '-cf', file, top]);
  writeFileSync(path.join(output, `${top}.tar.gz`), gzipSync(readFileSync(file), { level: 6 }));
  rmSync(file);
  rmSync(tree, { recursive: true });
}
