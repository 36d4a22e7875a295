import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { outermost } from '../../../../src/host/sandbox/sandbox.ts';
import { type ScriptParts, sandboxScript, word } from '../../../../src/host/sandbox/script.ts';

const parts: ScriptParts = {
  tools: { mount: '/bin/mount', unshare: '/bin/unshare', ip: '/sbin/ip' },
  stage: '/var/tmp/s',
  layers: [{ path: "/home/o'neill", upper: '/var/tmp/s/u', work: '/var/tmp/s/w', lower: '/var/tmp/s/l' }],
  made: [],
  mounts: [
    { point: '/', options: ['rw', 'relatime'] },
    { point: '/proc', options: ['rw', 'nosuid'] },
    { point: '/data', options: ['rw', 'nosuid', 'nodev'] },
    { point: '/var/tmp/s', options: ['rw'] },
    { point: "/home/o'neill/disk", options: ['rw'] },
  ],
  hasNetwork: false,
  path: '/opt/go/bin:.',
  edits: [],
  directory: "/home/o'neill/src",
};

describe('the script of a sandbox', () => {
  const lines = sandboxScript(parts).split('\n');
  const place = (text: string) => lines.findIndex((line) => line.includes(text));

  it('is valid for sh with any characters in paths', () => {
    expect(() => execFileSync('/bin/sh', ['-n'], { input: lines.join('\n') })).not.toThrow();
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${word("it's $HOME `x`")}`]).toString()).toBe(
      "it's $HOME `x`",
    );
  });

  it('makes all mounts but its own folder read-only before it mounts layers, and keeps the mount flags', () => {
    expect(place("remount,bind,ro,relatime '/'")).toBeGreaterThan(0);
    expect(place("remount,bind,ro,nosuid,nodev '/data'")).toBeGreaterThan(0);
    expect(lines.some((line) => line.includes('remount') && line.includes("'/var/tmp/s'"))).toBe(false);
    expect(lines.some((line) => line.includes('remount') && line.includes("'/proc'"))).toBe(false);
    const last = lines.findLastIndex((line) => line.includes('remount'));
    expect(place('lowerdir=')).toBeGreaterThan(last);
  });

  it('mounts a disk below a layer again', () => {
    expect(lines.findLastIndex((line) => line.includes('/disk'))).toBeGreaterThan(place('lowerdir='));
  });

  it('has only the loopback network, unless network is allowed', () => {
    expect(place('link set lo up')).toBeGreaterThan(0);
    expect(sandboxScript({ ...parts, hasNetwork: true })).not.toContain('link set');
  });

  it('uses a fixed PATH for its own programs, and gives the sandbox’s PATH only to the command', () => {
    expect(lines[1]).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH');
    expect(lines.indexOf("PATH='/opt/go/bin:.'; export PATH")).toBe(lines.indexOf('"$@"') - 1);
    const none = sandboxScript({ ...parts, path: undefined }).split('\n');
    expect(none[none.indexOf('"$@"') - 1]).toMatch(/^unset PATH; PATH=[^;]+$/);
  });

  it('maps the user for the command if the script runs as root of a user namespace', () => {
    expect(sandboxScript({ ...parts, user: { uid: 1000, gid: 100 } })).toMatch(
      /--user --map-user=1000 --map-group=100 -- "\$@"/,
    );
    expect(lines).toContain('"$@"');
  });
});

describe('the outermost directories', () => {
  it('cover each directory, without duplicates', () => {
    expect(outermost(['/home/ann/src', '/home/ann', '/home/anna', '/', '/home/ann'])).toEqual([
      '/home/ann',
      '/home/anna',
    ]);
  });
});
