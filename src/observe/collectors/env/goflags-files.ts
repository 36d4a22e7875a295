/**
 * Examines files and programs named by flags in GOFLAGS: which are missing, and how `go` reacts to an
 * overlay.
 */
import path from 'node:path';
import type { EnvFacts } from '../../../drift/model.ts';
import { fileFlags, flagValue, type Goflag, parseGoflags, splitQuoted } from '../../../go/goflags.ts';
import { nameFits } from '../../../go/imports.ts';
import { readOverlay } from '../../../go/overlay.ts';
import { redactText, secretsIn } from '../../../go/redact.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { stampOf } from '../../../host/files.ts';
import { codeSetBy, isOutside, readCode } from '../../environment/code.ts';
import { programFound } from '../../environment/path-programs.ts';
import type { Sources } from '../../environment/sources.ts';
import { buildTarget } from '../modules/missing-modules.ts';

/** Overlays written by editors contain the open files. */
const overlayLimit = 4 * 1024 * 1024;

/** Returns the problems of files named in GOFLAGS. */
export function goflagsFiles(sources: Sources): Pick<EnvFacts, 'goflagsMissing' | 'overlayProblem'> {
  const goflags = sources.variables.get('GOFLAGS')?.value ?? '';
  const { flags } = parseGoflags(goflags);
  const shown = (text: string) => redactText(text, secretsIn('linker-values', goflags));
  const overlay = flagValue(flags, 'overlay') ?? '';
  const problem = overlay === '' ? undefined : overlayProblem(sources, overlay);
  return {
    goflagsMissing: [...missingFiles(sources, flags), ...missingPrograms(sources, flags)].map(
      ({ flag, path: file }) => ({ flag, path: shown(file) }),
    ),
    ...(problem === undefined ? {} : { overlayProblem: { path: shown(overlay), ...problem } }),
  };
}

type Missing = NonNullable<EnvFacts['goflagsMissing']>;

const absolute = (sources: Sources, file: string) => path.resolve(sources.settings.workspace || '/', file);

/**
 * Returns the missing files among flags whose value is a file that a build reads; `-pgo` also accepts
 * keywords.
 */
function missingFiles(sources: Sources, flags: readonly Goflag[]): Missing {
  return fileFlags.flatMap((flag) => {
    const file = flagValue(flags, flag) ?? '';
    if (file === '' || (flag === 'pgo' && (file === 'auto' || file === 'off'))) return [];
    return stampOf({ root: sources.root, path: absolute(sources, file) }) === undefined
      ? [{ flag, path: file }]
      : [];
  });
}

/**
 * Returns the missing programs that a build starts: the command line of `-toolexec`, and for
 * `-compiler=gccgo` the program named by GCCGO (cmd/go/internal/work/gccgo.go). A name without a slash is
 * searched on PATH.
 */
function missingPrograms(sources: Sources, flags: readonly Goflag[]): Missing {
  const split = splitQuoted(flagValue(flags, 'toolexec') ?? '');
  const [wrapper = ''] = 'problem' in split ? [] : split.fields;
  const gccgo =
    flagValue(flags, 'compiler') === 'gccgo' ? (sources.variables.get('GCCGO')?.value ?? '') || 'gccgo' : '';
  const gone = (file: string) =>
    file.includes('/')
      ? stampOf({ root: sources.root, path: absolute(sources, file) }) === undefined
      : programFound(sources, file) === false;
  return [
    { flag: 'toolexec', path: wrapper },
    { flag: 'compiler', path: gccgo },
  ].filter(({ path: file }) => file !== '' && gone(file));
}

/**
 * Returns the error of `go` for an existing overlay: about the file itself, or about a source of the
 * workspace whose replacement is gone.
 */
function overlayProblem(
  sources: Sources,
  file: string,
): { readonly text: string; readonly source?: string } | undefined {
  const code = codeSetBy(sources.code, sources.variables.get('GOFLAGS'));
  const read = readCode(code, absolute(sources, file), overlayLimit);
  if (!read.ok || isOutside(sources.code, absolute(sources, file), read.real)) return undefined;
  const overlay = readOverlay(read.bytes);
  if ('problem' in overlay) return { text: overlay.problem };
  const { workspace } = sources.settings;
  const target = buildTarget(sources);
  const isBuilt = (source: string) => {
    const relative = path.relative(workspace, source);
    return (
      isWithin(source, workspace) &&
      source.endsWith('.go') &&
      !source.endsWith('_test.go') &&
      nameFits(path.basename(source), target) &&
      !relative.split('/').some((name) => /^[._]/.test(name) || name === 'testdata' || name === 'vendor')
    );
  };
  const lost = [...overlay.replace].find(
    ([source, replacement]) =>
      replacement !== '' &&
      isBuilt(absolute(sources, source)) &&
      stampOf({ root: sources.root, path: absolute(sources, replacement) }) === undefined,
  );
  return lost === undefined
    ? undefined
    : {
        text: `stat ${absolute(sources, lost[1])}: no such file or directory`,
        source: absolute(sources, lost[0]),
      };
}
