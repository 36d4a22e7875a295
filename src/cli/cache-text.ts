/** Renders the output of `godrift cache` for a terminal. Pure: facts in, text out. */
import { visible } from '../catalog/visible.ts';
import type { CacheContent, OutputFacts } from '../drift/facets/cache.ts';
import { cacheFileName } from '../go/cache-action.ts';
import type { Palette } from '../tell/reports/render.ts';
import { stepFile } from '../undo/cache-plan.ts';
import type { StepOutcome } from '../undo/cache-repair.ts';
import type { CacheStep } from '../undo/step.ts';

function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `package example.com/x, go1.27.4 linux/amd64, 12.3 kB`. */
function aboutOutput({ kind, package: name, producer, size }: OutputFacts): string {
  const parts = [
    name === undefined ? kind : `package ${name}`,
    ...(producer === undefined ? [] : [producer]),
    sizeText(size),
  ];
  return visible(parts.join(', '));
}

/** Renders the verdict on a cache, ending in a newline. */
export function renderVerdict(directory: string, content: CacheContent, palette: Palette): string {
  const { corrupt, irregular, rebound, entries } = content;
  const lines = [
    `${palette.bold(visible(directory))}  ${content.outputs} outputs, ${entries.action} actions, ${sizeText(content.bytes)}`,
  ];
  for (const one of corrupt) {
    lines.push(
      `  ${palette.red('corrupt')}  ${cacheFileName(one.output, 'd')}  ${aboutOutput(one)}`,
      ...one.actions.map((action) => `           ${palette.dim(`action ${action} leads to it`)}`),
    );
  }
  for (const { file, what } of irregular)
    lines.push(`  ${palette.red('corrupt')}  ${file}  a ${what === 'special' ? 'special file' : what}`);
  for (const one of rebound) {
    const how = {
      'build-id': 'which another action made',
      rewritten: `and led to ${one.recorded ?? 'another'} before`,
      release: 'which two releases made',
    }[one.proof];
    lines.push(
      `  ${palette.red('rebound')}  ${cacheFileName(one.action, 'a')}  leads to ${aboutOutput(one)}`,
      `           ${palette.dim(`${one.output}, ${how}`)}`,
    );
  }
  if (content.foreignCount > 0)
    lines.push(
      `  ${palette.yellow('foreign')}  ${content.foreignCount} files of uid ${content.foreignUids.join(', ')}, such as ${visible(content.foreignExample ?? '')}`,
    );
  if (content.unreadable > 0)
    lines.push(`  ${palette.yellow('unreadable')}  ${content.unreadable} outputs or folders`);
  if (content.oversized > 0)
    lines.push(
      `  ${palette.yellow('oversized')}  ${content.oversized} outputs are larger than anything that go makes`,
    );
  if (lines.length === 1) lines.push(`${palette.green('ok')}  the content of every output matches its name`);
  return `${lines.join('\n')}\n`;
}

/** Renders what a repair did, or would do if `outcomes` is undefined, ending in a newline. */
export function renderOutcomes(
  directory: string,
  steps: readonly CacheStep[],
  outcomes: readonly StepOutcome[] | undefined,
  palette: Palette,
): string {
  if (steps.length === 0) return 'nothing to repair\n';
  const lines = steps.map((step, index) => {
    const outcome = outcomes?.[index];
    const word = {
      none: palette.cyan('would remove'),
      done: palette.green('removed'),
      needless: palette.dim('left'),
      failed: palette.red('failed'),
    }[outcome?.result ?? 'none'];
    return `  ${word}  ${directory}/${stepFile(step)}${outcome?.why === undefined ? '' : `  (${outcome.why})`}`;
  });
  const tail =
    outcomes === undefined
      ? 'nothing was changed: run it again with --yes'
      : 'go rebuilds what was removed; build again whatever was built since the damage';
  return `${lines.join('\n')}\n${tail}\n`;
}
