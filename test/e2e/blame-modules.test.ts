/**
 * `godrift blame` inside go.mod, go.sum and go.work, with a real go and a module cache that holds several
 * versions: blame names the lines, and the repair that was seen to work.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { type HandMade, sumLines } from '../lab/module-proxy.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { knowFiles } from '../lab/toolchain-lists.ts';
import { download } from '../scenarios/modules.ts';
import { makeSite, type Site, sdk } from '../scenarios/site.ts';

const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/blame.schema.json'), 'utf8')),
);

const count = 12;
const names = Array.from({ length: count }, (_, index) => `example.com/m${String(index).padStart(2, '0')}`);
const nameOf = (path: string) => path.slice('example.com/'.length);

/**
 * Each module in two versions. The newer m07 lacks V. The newer m02 and m09 each have another N, and both
 * together break the build.
 */
const modules: readonly HandMade[] = names.flatMap((path) =>
  ['v1.0.0', 'v1.1.0'].map((version): HandMade => {
    const isNew = version === 'v1.1.0';
    const v = path.endsWith('07') && isNew ? 'W' : 'V';
    // The newer m00 requires a version of m01 that does not exist, so no world can combine it with an older
    // m01.
    const requires = path.endsWith('00') && isNew ? ['example.com/m01 v1.0.5'] : [];
    return {
      path,
      version,
      requires,
      files: { 'a.go': `package ${nameOf(path)}\n\nconst ${v} = 1\n\nconst N = ${isNew ? 1 : 0}\n` },
    };
  }),
);
const ofVersion = (version: string, but: readonly string[] = []) =>
  modules.filter((one) => one.version === (but.includes(one.path) ? 'v1.0.0' : version));

const goMod = (version: string, but: readonly string[] = [], ...more: readonly string[]) =>
  [
    'module example.com/app\n\ngo 1.21\n',
    'require (',
    ...ofVersion(version, but).map((one) => `\t${one.path} ${one.version}`),
    ')',
    ...more,
    '',
  ].join('\n');
const sums = (version: string, but: readonly string[] = []) => sumLines(ofVersion(version, but));

/** A program that uses V of every module. */
const program = (more = '') =>
  `package main\n\nimport (\n${names.map((path) => `\t"${path}"\n`).join('')})\n\n${more}\n\nfunc main() {\n${names.map((path) => `\t_ = ${nameOf(path)}.V\n`).join('')}}\n`;
/** An array whose length is negative if both m02 and m09 are newer. */
const togetherOnly = 'var _ [1 - m02.N - m09.N]int';

describe.skipIf('missing' in mounts)(`godrift blame inside module files${missingMounts}`, () => {
  let site: Site;
  const blame = async () => {
    const { stdout, stderr, exitCode } = await site.godrift('blame', '--json');
    if (stdout === '') throw new Error(stderr);
    // Progress is shown on a terminal only.
    expect(stderr).toBe('');
    const document: BlameDocument = JSON.parse(stdout);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    const [cause, ...more] = document.causes;
    const said = `${JSON.stringify(document)} ${stderr}`;
    expect([exitCode, more], said).toEqual([1, []]);
    return { said, document, entries: cause?.entries ?? [], repair: cause?.repair, proven: cause?.proven };
  };
  /** The blamed lines, each as directive, old value, new value. */
  const linesOf = ({ entries }: Pick<Awaited<ReturnType<typeof blame>>, 'entries'>) =>
    entries.flatMap(({ lines = [] }) => lines.map(({ directive, from, to }) => [directive, from, to]));
  const keys = ({ entries }: Pick<Awaited<ReturnType<typeof blame>>, 'entries'>) =>
    entries.map(({ key }) => key);
  const change = (mod: string, sum: string) => {
    site.write('go.mod', mod);
    site.write('go.sum', sum);
  };

  beforeAll(async () => {
    site = await makeSite({
      go: '1.27.4',
      fresh: true,
      files: { 'go.mod': goMod('v1.0.0'), 'go.sum': sums('v1.0.0'), 'app.go': program() },
    });
    await download(site, modules);
    site.goenv('');
    const built = await site.shell('go build -o /dev/null .');
    expect(built.exitCode, built.text).toBe(0);
    // Accepting a baseline digests the toolchain; the file list of a shared toolchain is already known.
    await knowFiles(sdk(site.version), join(site.home, 'state'));
    const accepted = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    expect(accepted.exitCode, accepted.stderr).toBe(0);
  });
  afterAll(() => site.end());

  it('names the one requirement of twelve whose newer version does not build, and the repair that was seen to work', async () => {
    change(goMod('v1.1.0'), sums('v1.1.0'));
    const found = await blame();
    expect(keys(found), found.said).toEqual(['modules.go_mod']);
    expect(linesOf(found), found.said).toEqual([['require example.com/m07', 'v1.0.0', 'v1.1.0']]);
    expect(found.entries[0]?.lines?.[0]).toMatchObject({ file: join(site.workspace, 'go.mod'), line: 13 });
    expect(found.proven).toBe(true);
    // After go mod tidy, go.sum has no sums of the older version.
    const [edit = '', put = ''] = found.repair ?? [];
    expect(edit).toBe(`go mod edit -require=example.com/m07@v1.0.0 ${join(site.workspace, 'go.mod')}`);
    expect(put).toMatch(
      /^put the lines of example\.com\/m07 \(v1\.0\.0, v1\.0\.0\/go\.mod\) back into \S+\/go\.sum$/,
    );
    const { stdout } = await site.godrift('blame');
    expect(stdout).toMatch(
      /^broken by modules\.go_mod: require example\.com\/m07 v1\.0\.0 → v1\.1\.0 \(\S+\/go\.mod:13\)\n/,
    );
    // The repair also works when carried out by hand.
    site.write('go.sum', `${sums('v1.1.0')}${sums('v1.0.0')}`);
    const healed = await site.shell(`${edit} && go build -o /dev/null .`);
    expect(healed.exitCode, healed.text).toBe(0);
  });

  it('names two requirements of twelve that break the build only together, and repairs just one of them', async () => {
    site.write('app.go', program(togetherOnly));
    change(goMod('v1.1.0', ['example.com/m07']), sums('v1.1.0', ['example.com/m07']) + sums('v1.0.0'));
    const found = await blame();
    expect(linesOf(found).sort(), found.said).toEqual([
      ['require example.com/m02', 'v1.0.0', 'v1.1.0'],
      ['require example.com/m09', 'v1.0.0', 'v1.1.0'],
    ]);
    expect(found.proven).toBe(true);
    expect(found.repair).toEqual([
      expect.stringMatching(/^go mod edit -require=example\.com\/m0[29]@v1\.0\.0 /),
    ]);
    site.write('app.go', program());
  });

  it('names the replacement by a directory that does not build', async () => {
    site.write('local/go.mod', 'module example.com/m03\n\ngo 1.21\n');
    site.write('local/a.go', 'package m03\n');
    const but = names.slice(3);
    change(goMod('v1.1.0', but, '', 'replace example.com/m03 => ./local'), sums('v1.0.0') + sums('v1.1.0'));
    const found = await blame();
    expect(linesOf(found), found.said).toEqual([['replace example.com/m03', undefined, '=> ./local']]);
    expect(found.repair).toEqual([expect.stringMatching(/^go mod edit -dropreplace=example\.com\/m03 /)]);
    expect(found.proven).toBe(true);
  });

  it('names the changed sum among harmless requirements', async () => {
    const right = sums('v1.0.0') + sums('v1.1.0');
    const wrong = right.replace(
      /^(example\.com\/m05 v1\.0\.0 h1:)(.)/m,
      (_, start: string, first: string) => `${start}${first === 'A' ? 'B' : 'A'}`,
    );
    expect(wrong).not.toBe(right);
    change(goMod('v1.1.0', names.slice(4)), wrong);
    const found = await blame();
    const lines = linesOf(found);
    expect(lines, found.said).toEqual([
      ['sum of example.com/m05 v1.0.0', expect.stringMatching(/^h1:/), expect.stringMatching(/^h1:/)],
    ]);
    expect(right).toContain(`example.com/m05 v1.0.0 ${lines[0]?.[1]}\n`);
    expect(found.proven).toBe(true);
  });

  it('names the module whose sums are missing', async () => {
    const without = sums('v1.0.0')
      .split('\n')
      .filter((line) => !line.startsWith('example.com/m08 '))
      .join('\n');
    change(
      goMod('v1.1.0', names.slice(4)),
      `${without}${sums('v1.1.0', names.slice(4))}`.replaceAll(/^example\.com\/m08 .*\n/gm, ''),
    );
    const found = await blame();
    expect(linesOf(found), found.said).toEqual([
      ['sums of example.com/m08', 'v1.0.0, v1.0.0/go.mod', undefined],
    ]);
    expect(found.repair).toEqual([expect.stringMatching(/^put the lines of example\.com\/m08 /)]);
  });

  it('names the go line that GOTOOLCHAIN=local makes too new', async () => {
    site.goenv('GOTOOLCHAIN=local\n');
    change(goMod('v1.1.0', names.slice(4)).replace('go 1.21', 'go 1.99.0'), sums('v1.0.0') + sums('v1.1.0'));
    const found = await blame();
    expect(linesOf(found), found.said).toEqual([['go', '1.21', '1.99.0']]);
    site.goenv('');
  });

  it('blames the file as a whole if go cannot parse it or its sums are malformed', async () => {
    change(`${goMod('v1.1.0')}requires example.com/x\n`, sums('v1.1.0'));
    const unknown = await blame();
    expect(keys(unknown), unknown.said).toEqual(['modules.go_mod']);
    expect(linesOf(unknown)).toEqual([]);
    expect(unknown.repair).toEqual(['godrift rollback --facet modules']);
    change(goMod('v1.1.0', names.slice(4)), `${sums('v1.1.0')}example.com/m00 v1.0.0\n`);
    const malformed = await blame();
    expect(keys(malformed), malformed.said).toEqual(['modules.go_mod']);
    expect(linesOf(malformed)).toEqual([]);
    expect(readFileSync(join(site.workspace, 'go.sum'), 'utf8')).toContain('example.com/m00 v1.0.0\n');
  });
});
