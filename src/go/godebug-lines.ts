/**
 * Reads the `//go:debug` lines at the top of a Go source file, as cmd/go/internal/load/godebug.go
 * (ParseGoDebug) and go/build (readGoInfo) do.
 */
import type { GodebugDirective } from './gomod.ts';
import type { ModFileProblem } from './modfile-lexer.ts';
import { trimSpace } from './space.ts';

/** The settings of one file, and its malformed lines. */
export interface GodebugLines {
  readonly settings: readonly GodebugDirective[];
  readonly problems: readonly ModFileProblem[];
}

const piece = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;

/** Reads the comments before the package clause; lines after it have no effect on a build. */
export function readGodebugLines(text: string): GodebugLines {
  const settings: GodebugDirective[] = [];
  const problems: ModFileProblem[] = [];
  let line = 1;
  piece.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const [comment] = match;
    const said = /^\/\/go:debug(?:[ \t](.*)|\s*)$/.exec(comment.trimEnd());
    if (said !== null) {
      const setting = trimSpace(said[1] ?? '');
      const equals = setting.indexOf('=');
      if (equals === -1) problems.push({ line, text: 'missing key=value' });
      else settings.push({ key: setting.slice(0, equals), value: setting.slice(equals + 1), line });
    }
    for (const char of comment) if (char === '\n') line++;
  }
  return { settings, problems };
}
