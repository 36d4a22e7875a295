/**
 * By what the files of a build are chosen: the build tags that decide it, of all packages that builds read. With other tags changed the same files are
 * built, so that a repair which changes them is known (decision 0081). Asked only where a repair may: it reads every package that is imported.
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

/** What else go gives to a compiler where it lies in a package (go/build: matchFile), each with constraints of its own. */
const compiled = /\.(?:c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$/;

const isSet = ({ variables }: Sources, name: string) =>
  ['process', 'goenv'].includes(variables.get(name)?.origin.kind ?? '');

/** Settings by which files are chosen, that somebody has set here: a repair may take them away. */
function choosesFiles(sources: Sources): boolean {
  const names = ['GOOS', 'GOARCH', 'CGO_ENABLED', 'GOFIPS140', ...archLevelNames];
  if (names.some((name) => isSet(sources, name))) return true;
  const { flags } = parseGoflags(sources.variables.get('GOFLAGS')?.value ?? '');
  return flags.some(({ name }) => ['tags', 'race', 'msan', 'asan'].includes(name));
}

/** Whether a repair may lead to other files: by a setting that is there, or to another Go by a pin that is not met or a dependency that is too new for this one. */
export function mayChooseOthers(sources: Sources, hasNewer: boolean): boolean {
  const effective = sources.selection?.effective ?? '';
  if (effective === '') return false;
  return (
    hasNewer ||
    choosesFiles(sources) ||
    isSet(sources, 'GOTOOLCHAIN') ||
    sources.pins.some((pin) => evaluatePin(pin, effective).deviates)
  );
}

/** The packages of vendor/, each of which stands for a module. */
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

/** What a file begins with; undefined for one that is not compiled. Of what is no Go the constraint alone counts. */
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

/** Tags of one folder into those of all; answers a file that could not be read. */
function noteFolder(
  tags: Map<string, string>,
  { package: name, directory, names, source }: ReadFolder,
): string | undefined {
  let unread: string | undefined;
  for (const file of names) {
    // Tests of other modules are not built, and go passes over these names.
    if (/^[_.]/.test(file) || (!source.main && file.endsWith('_test.go'))) continue;
    const head = headOf(path.join(directory, file), source);
    if (head === 'unread') unread ??= path.join(directory, file);
    else if (head !== undefined)
      for (const tag of deciding(file, head)) if (!tags.has(tag)) tags.set(tag, name);
  }
  return unread;
}

/** By what the files are chosen of a build with this list, which does not count where it is vendored. */
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
