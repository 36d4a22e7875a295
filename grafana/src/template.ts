/**
 * Annotation templates of Prometheus for Grafana: both are Go templates with $labels, but Grafana's cannot query. Blocks that
 * query are left out (their else part stays), and $value becomes the value of the rule's query.
 * Sources: prometheus.io/docs/prometheus/latest/configuration/template_reference and grafana.com/docs/grafana/latest/alerting,
 * "Template annotations and labels".
 */

/** A piece of a template: text, or an action without its braces. */
type Piece = { readonly text: string } | { readonly action: string };

/** Takes a template apart; `{{-` and `-}}` are applied to the text beside them. */
function pieces(template: string): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let trimNext = false;
  const text = (end: number, trimEnd: boolean) => {
    let part = template.slice(at, end);
    if (trimNext) part = part.trimStart();
    if (trimEnd) part = part.trimEnd();
    found.push({ text: part });
  };
  for (const match of template.matchAll(/\{\{(-?)\s*([\s\S]*?)\s*(-?)\}\}/g)) {
    text(match.index, match[1] === '-');
    found.push({ action: match[2] as string });
    trimNext = match[3] === '-';
    at = match.index + match[0].length;
  }
  text(template.length, false);
  return found;
}

interface Block {
  /** Whether it is dropped with its own action, because that queries. */
  readonly queries: boolean;
  /** Whether what stands in it is dropped. */
  dropped: boolean;
}

/** The template as Grafana can render it; TypeError when its blocks do not close. */
export function grafanaTemplate(template: string): string {
  const open: Block[] = [];
  let made = '';
  const silent = () => open.some(({ dropped }) => dropped);
  for (const piece of pieces(template)) {
    if ('text' in piece) {
      if (!silent()) made += piece.text;
      continue;
    }
    const { action } = piece;
    const block = open.at(-1);
    if (/^(if|with|range)\b/.test(action)) {
      const queries = /\bquery\b/.test(action);
      if (!queries && !silent()) made += translated(action);
      open.push({ queries, dropped: queries });
    } else if (/^else\b/.test(action)) {
      if (block === undefined) throw new TypeError(`else without a block in ${template}`);
      if (block.queries) block.dropped = false;
      else if (!silent()) made += translated(action);
    } else if (action === 'end') {
      if (open.pop() === undefined) throw new TypeError(`end without a block in ${template}`);
      if (!block?.queries && !silent()) made += '{{ end }}';
    } else if (!silent()) {
      if (/\bquery\b/.test(action)) throw new TypeError(`a query outside of a block in ${template}`);
      made += translated(action);
    }
  }
  if (open.length > 0) throw new TypeError(`a block is not closed in ${template}`);
  return made
    .replaceAll(/[ \t]*\n[ \t]*/g, '\n')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

const translated = (action: string): string =>
  `{{ ${action.replaceAll(/\$value\b/g, '$values.query.Value')} }}`;
