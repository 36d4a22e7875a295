/**
 * Determines which build tags choose the files of a build, over all packages that the build reads. If a
 * repair changes only other tags, the same files are built, so its effect is known (decision 0081). Computed
 * only if a repair may change tags, since it reads every imported package.
 */
import path from 'node:path';
import type { FileChoice } from '../../../drift/facets/modules.ts';
import { evaluatePin } from '../../../drift/pins.ts';
import { fileConstraint } from '../../../go/build-constraint.ts';
import { archLevelNames } from '../../../go/defaults.ts';
import { parseGoflags } from '../../../go/goflags.ts';
import { deciding, type SourceHead } from '../../../go/imports.ts';
import { realPathOf } from '../../../host/files.ts';
import type { Sources } from '../../environment/sources.ts';
import {
  followImports,
  type PackageSource,
  type ReadFolder,
  readHead,
  sourceLimit,
  unsearched,
} from './imported-modules.ts';
import { buildTarget, mainPackages, packagesOf } from './missing-modules.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';
import { readOwnHead } from './source-imports.ts';
import { readerOfCode } from './source-reader.ts';

/** Other files that `go` compiles in a package (go/build: matchFile); each may have a build constraint. */
const compiled = /\.(?:c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$/;

const isSet = ({ variables }: Sources, name: string) =>
  ['process', 'goenv'].includes(variables.get(name)?.origin.kind ?? '');

/** Reports whether a setting chooses files here, which a repair may remove. */
function choosesFiles(sources: Sources): boolean {
  const names = ['GOOS', 'GOARCH', 'CGO_ENABLED', 'GOFIPS140', ...archLevelNames];
  if (names.some((name) => isSet(sources, name))) return true;
  const { flags } = parseGoflags(sources.variables.get('GOFLAGS')?.value ?? '');
  return flags.some(({ name }) => ['tags', 'race', 'msan', 'asan'].includes(name));
}

/**
 * Reports whether a repair may change the choice of files: by removing a setting, or by changing the Go
 * version because of an unmet pin or a dependency that requires a newer Go.
 */
export function mayChangeFiles(sources: Sources, hasNewer: boolean): boolean {
  const effective = sources.selection?.effective ?? '';
  if (effective === '') return false;
  return (
    hasNewer ||
    choosesFiles(sources) ||
    isSet(sources, 'GOTOOLCHAIN') ||
    sources.pins.some((pin) => evaluatePin(pin, effective).deviates)
  );
}

/** Returns the packages in vendor/, each in the role of a module. */
export function vendoredPackages(
  sources: Sources,
  { root, vendor }: ModuleProject,
  isThere: (name: string) => boolean = () => true,
): readonly PackageSource[] {
  const reader = readerOfCode(sources.code, path.join(root, vendor.directory));
  return [...vendor.modules.content.packages].map((name) => ({
    path: name,
    directory: isThere(name) ? realPathOf({ root, path: path.join(vendor.directory, name) }) : undefined,
    reader,
    main: false,
  }));
}

/**
 * Returns the head of a file; undefined if the file is not compiled. For files other than Go sources only the
 * build constraint counts.
 */
function headOf(file: string, { reader, main, edited }: PackageSource): SourceHead | undefined | 'unread' {
  if (file.endsWith('.go'))
    return (main || edited === true ? readOwnHead : readHead)(file, reader) ?? 'unread';
  if (!compiled.test(file)) return undefined;
  if (file.endsWith('.syso')) return { name: '', imports: [], usesCgo: false };
  const bytes = reader.read(file, sourceLimit);
  if (bytes === undefined) return 'unread';
  const constraint = fileConstraint(bytes.toString('utf8'));
  return { name: '', imports: [], usesCgo: false, ...(constraint === undefined ? {} : { constraint }) };
}

/** Adds the tags of one directory to those found so far; returns a file that could not be read. */
function noteFolder(
  tags: Map<string, string>,
  { package: name, directory, names, source }: ReadFolder,
): string | undefined {
  let unread: string | undefined;
  for (const file of names) {
    // Tests of other modules are not built, and `go` ignores names that begin with _ or a dot.
    if (/^[_.]/.test(file) || (!source.main && file.endsWith('_test.go'))) continue;
    const head = headOf(path.join(directory, file), source);
    if (head === 'unread') unread ??= path.join(directory, file);
    else if (head !== undefined)
      for (const tag of deciding(file, head)) if (!tags.has(tag)) tags.set(tag, name);
  }
  return unread;
}

/** Returns which tags choose the files of a build with this list; a vendored build does not use the list. */
export async function fileChoice(
  sources: Sources,
  project: ModuleProject,
  list: readonly Selected[],
): Promise<FileChoice> {
  const packages = project.vendor.used
    ? [...mainPackages(sources.code, project), ...vendoredPackages(sources, project)]
    : packagesOf(sources.code, project, list);
  const own = new Map<string, string>();
  const others = new Map<string, string>();
  let why: string | undefined;
  const complete = await followImports(packages, buildTarget(sources), {
    imports: ({ path: module, directory }, importer) => {
      if (directory === undefined) why ??= `${module}, which ${importer} imports from, is not here`;
    },
    folder: (folder) => {
      const { main, edited } = folder.source;
      if (folder.names.length === 0 && !main) why ??= `${folder.package} is not here`;
      const unread = noteFolder(main || edited === true ? own : others, folder);
      if (unread !== undefined) why ??= `${unread} cannot be read`;
    },
  });
  const unread = why ?? (complete ? undefined : unsearched);
  return { own, others, ...(unread === undefined ? {} : { unread }) };
}
