/** Conflicts with the surroundings: an editor that builds in a Go environment other than the target's. */
import type { Level } from '../../catalog/facets.ts';
import { fetchNames } from '../../catalog/fetch-names.ts';
import { versionPart } from '../../go/version.ts';
import type { EditorDifference, EditorFact } from '../facets/context.ts';
import type { Conflict, Rule } from './rule.ts';

/** Variables that affect where modules come from, not what is built of them. */
const fetching: ReadonlySet<string> = new Set([...fetchNames, 'GOPATH', 'GOMODCACHE']);

const nameOf = ({ ide, by, pid }: EditorFact) =>
  by === 'gopls' && ide !== 'gopls' ? `gopls of ${ide} (pid ${pid})` : `${ide} (pid ${pid})`;

function levelOf(editor: EditorFact, difference: EditorDifference): Level {
  if (fetching.has(difference.name)) return 'patch';
  return editor.by === 'editor' && editor.graphical && !difference.set ? 'patch' : 'minor';
}

function variableConflict(editor: EditorFact, difference: EditorDifference): Conflict {
  const { name, target, theirs } = difference;
  const shown = (value: string) => (value === '' ? 'unset' : value);
  return {
    key: 'context.ide',
    level: levelOf(editor, difference),
    expected: `${name}=${target}`,
    actual: `${name}=${theirs}`,
    summary: `${nameOf(editor)} has ${name} ${shown(theirs)}, a build here has it ${shown(target)}: what the editor loads and reports is not what is built`,
    repair: difference.set
      ? `take ${name} out of the environment that starts ${editor.ide}, or set it here too, and restart ${editor.ide}`
      : `start ${editor.ide} from an environment that has ${name}=${target}`,
  };
}

function goConflict(
  editor: EditorFact,
  { path, version, target }: NonNullable<EditorFact['go']>,
): Conflict | undefined {
  // An editor without gopls may be configured with a go that its PATH does not show.
  if (version === '' && editor.by === 'editor') return undefined;
  const part = versionPart(version, target);
  const small = version !== '' && (part === 'patch' || part === 'rc');
  const weak = editor.by === 'editor' && editor.graphical;
  return {
    key: 'context.ide',
    level: small || weak ? 'patch' : 'minor',
    expected: `go${target}`,
    actual: version === '' ? 'no go' : `go${version}`,
    summary:
      version === ''
        ? `${nameOf(editor)} finds no go on its PATH and cannot load packages; a build here uses go${target}`
        : `${nameOf(editor)} finds ${path} (go${version}) first on its PATH, here go${target} answers`,
    repair: `start ${editor.ide} from an environment with the PATH of this one, or name the go in its settings, and restart it`,
  };
}

/**
 * Reports one finding for each difference of each editor. Several processes of one editor with the same
 * difference make one finding.
 */
export const ideEnvironmentDiffers: Rule = (world) => {
  const seen = new Set<string>();
  const found: Conflict[] = [];
  for (const editor of world.context?.editors ?? []) {
    const go = editor.go === undefined ? undefined : goConflict(editor, editor.go);
    const conflicts = editor.differences.map((difference) => variableConflict(editor, difference));
    for (const conflict of [...(go === undefined ? [] : [go]), ...conflicts]) {
      const alike = [editor.ide, conflict.expected, conflict.actual].join('\0');
      if (!seen.has(alike)) found.push(conflict);
      seen.add(alike);
    }
  }
  return found;
};
