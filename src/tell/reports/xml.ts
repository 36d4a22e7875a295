/**
 * Writes XML 1.0: elements of strings and elements. Every text passes the sanitizer, so that no character is in it that the format forbids
 * (§2.2) or a reader normalizes away.
 */
import { visible, visibleLines } from '../../catalog/visible.ts';

/** An element that is finished text. */
export interface Element {
  readonly xml: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escapeMarkup = (text: string) => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] as string);

/** An element: attributes on one line, text of several lines, children each on a line of its own. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: string | readonly Element[] = [],
): Element {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeMarkup(visible(String(value)))}"`)
    .join('');
  const inner =
    typeof content === 'string'
      ? escapeMarkup(visibleLines(content)).replaceAll('\n', '&#10;')
      : content.map((child) => `\n${child.xml}`.replaceAll('\n', '\n  ')).join('') +
        (content.length === 0 ? '' : '\n');
  return { xml: inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>` };
}

/** The document around its root. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
}
