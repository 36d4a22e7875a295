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

  it('is one that sh can read, whatever paths hold', () => {
    expect(() => execFileSync('/bin/sh', ['-n'], { input: lines.join('\n') })).not.toThrow();
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${word("it's $HOME `x`")}`]).toString()).toBe(
      "it's $HOME `x`",
    );
  });

  it('makes everything read-only but its own folder before it lays layers, and repeats the flags of a mount', () => {
    expect(place("remount,bind,ro,relatime '/'")).toBeGreaterThan(0);
    expect(place("remount,bind,ro,nosuid,nodev '/data'")).toBeGreaterThan(0);
    expect(lines.some((line) => line.includes('remount') && line.includes("'/var/tmp/s'"))).toBe(false);
    expect(lines.some((line) => line.includes('remount') && line.includes("'/proc'"))).toBe(false);
    const last = lines.findLastIndex((line) => line.includes('remount'));
    expect(place('lowerdir=')).toBeGreaterThan(last);
  });

  it('shows a mount below a layer again', () => {
    expect(lines.findLastIndex((line) => line.includes('/disk'))).toBeGreaterThan(place('lowerdir='));
  });

  it('has the loopback alone as its network, unless it may have more', () => {
    expect(place('link set lo up')).toBeGreaterThan(0);
    expect(sandboxScript({ ...parts, hasNetwork: true })).not.toContain('link set');
  });

  it('finds its own programs where they lie, and gives the PATH of the world to the command alone', () => {
    expect(lines[1]).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH');
    expect(lines.indexOf("PATH='/opt/go/bin:.'; export PATH")).toBe(lines.indexOf('"$@"') - 1);
    const none = sandboxScript({ ...parts, path: undefined }).split('\n');
    expect(none[none.indexOf('"$@"') - 1]).toMatch(/^unset PATH; PATH=[^;]+$/);
  });

  it('runs the command as the user where the user is root there', () => {
    expect(sandboxScript({ ...parts, user: { uid: 1000, gid: 100 } })).toMatch(
      /--user --map-user=1000 --map-group=100 -- "\$@"/,
    );
    expect(lines).toContain('"$@"');
  });
});

describe('the outermost of directories', () => {
  it('holds each of them, and none twice', () => {
    expect(outermost(['/home/ann/src', '/home/ann', '/home/anna', '/', '/home/ann'])).toEqual([
      '/home/ann',
      '/home/anna',
    ]);
  });
});
