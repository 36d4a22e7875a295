/** The commands that say more of a target, to be copied: with its own name, in words of sh. Pure. */
import { shellWord } from '../../drift/shell-word.ts';
import type { TargetState } from '../../drift/state.ts';

/** What `godrift why` is asked for a key of a finding; undefined for keys that it does not take. */
function askedFor(key: string): string | undefined {
  if (key.startsWith('toolchain.')) return 'toolchain';
  return /^(?:env|tools)\.[\w.-]+$/.test(key) ? key.replace(/\.secret$/, '') : undefined;
}

/** Why the first finding is as it is, and which of all breaks a build; none where nothing was found. */
export function explainCommands({
  target,
  workspace,
  findings,
}: Pick<TargetState, 'target' | 'workspace' | 'findings'>): readonly string[] {
  if (findings.length === 0) return [];
  const [key] = findings.flatMap((finding) => askedFor(finding.key) ?? []);
  const named = `--target ${shellWord(target)}`;
  const place = workspace === '' ? '' : ` ${shellWord(workspace)}`;
  return [
    ...(key === undefined ? [] : [`godrift why ${shellWord(key)} ${named}${place}`]),
    // It is tried where the command would be typed.
    ...(workspace === '' ? [] : [`cd${place} && godrift blame ${named} -- go build ./...`]),
  ];
}
