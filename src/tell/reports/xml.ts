/**
 * Writes XML 1.0. Every text passes the sanitizer, so that it contains no character that the format forbids
 * (§2.2) or that a parser would normalize away.
 */
import { visible, visibleLines } from '../../catalog/visible.ts';

/** A rendered element. */
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

/**
 * Renders an element, with its attributes on one line and each child on a separate line. Text may have
 * several lines.
 */
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

/** Renders the document with this root element. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
}
