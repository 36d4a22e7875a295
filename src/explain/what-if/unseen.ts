/** Lists what a change affects but no snapshot contains, so that silence is not mistaken for an answer. */
import { workWithoutGoLine } from '../../go/project-problems.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { Changes } from './changes.ts';
import type { Evidence } from './evidence.ts';

/**
 * Returns what would decide after a change of GOWORK but is not in the snapshot; undefined if the same file
 * stays in force.
 */
export function unseenFile({ file }: Evidence, { variables }: Changes): string | undefined {
  const gowork = variables.get('GOWORK');
  if (gowork === undefined || (gowork === 'off' && file === 'go.mod')) return undefined;
  return 'which go.mod or go.work decides then, and what it says';
}

/** Variables whose effect depends on the value alone. */
const judgedAlone: ReadonlySet<string> = new Set([
  ...['GOTOOLCHAIN', 'GO111MODULE', 'GOWORK'],
  ...['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GONOPROXY', 'GOPRIVATE', 'GOINSECURE', 'GOVCS'],
]);
/** Flags that need no file and that every Go with modules has. */
const plainFlag = /^--?(?:mod=(?:mod|readonly)|trimpath|v|x|n|a|modcacherw)$/;

const isJudgedAlone = (name: string, value: string) =>
  value === '' ||
  judgedAlone.has(name) ||
  (name === 'GOFLAGS' && value.split(/\s+/).every((flag) => flag === '' || plainFlag.test(flag)));

/**
 * Reports whether a lower go line of go.work (`''` for none) may fall below that of a module that it uses;
 * before the change it did not.
 */
export const mayBeBelowModules = (before: string, after: string) =>
  compareGoVersions(after || workWithoutGoLine, before || workWithoutGoLine) < 0;

function unseenLines({ file, lines }: Evidence, { goMod, goWork }: Changes): readonly string[] {
  if (file !== 'go.work') return [];
  const work = lines === undefined ? undefined : (lines.go ?? workWithoutGoLine);
  return [
    ...(goMod.go !== undefined && goMod.go !== '' && (goWork.go ?? work) === undefined
      ? ['the go line of go.work, above which that of no module may be']
      : []),
    ...(goWork.go !== undefined && (work === undefined || mayBeBelowModules(work, goWork.go))
      ? ['the go lines of the modules that go.work uses']
      : []),
  ];
}

/** Returns, in words, what a check there would read but a snapshot does not contain. */
export function unseenBy(evidence: Evidence, changes: Changes): readonly string[] {
  const settings = [...changes.variables].flatMap(([name, value]) =>
    isJudgedAlone(name, value) ? [] : [`what go makes of ${name}=${value} there, with the files of its host`],
  );
  return [...unseenLines(evidence, changes), ...settings];
}
