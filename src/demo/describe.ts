/** Messages and spans in a line or two, for the terminal. Pure. */
import type { Span } from './ask.ts';

/** What a receiver's message is about: the receiver and its kind (the path that it came to), and the texts for people in it. */
export function describeMessage(message: { readonly path: string; readonly body: string }): string {
  const [receiver = '', kind] = message.path.split('/').filter(Boolean).map(shorten);
  let body: unknown;
  try {
    body = JSON.parse(message.body);
  } catch {
    body = message.body;
  }
  const texts = [...new Set(textsOf(body))].slice(0, textLimit);
  return [
    `→ ${kind === undefined ? receiver : `${receiver} (${kind})`}`,
    ...texts.map((text) => `  ${shorten(text)}`),
  ].join('\n');
}

const textLimit = 4;
const lineLimit = 160;

function shorten(text: string): string {
  // Whoever writes to a receiver must not write to the terminal.
  const line = text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > lineLimit ? `${line.slice(0, lineLimit - 1)}…` : line;
}

/** Members that the documented payloads of Alertmanager, Slack, PagerDuty and WeCom write for people. */
const speaking = new Set(['status', 'summary', 'title', 'text', 'event_action', 'content']);

function textsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return speaking.has(key) && value !== '' ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => textsOf(one, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}

/** A span under its parent, with its duration and, where it has them, the entries that changed. */
export function describeSpan(span: Span): string {
  const ms = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
  const indent = (span.parentSpanId ?? '') === '' ? '' : '  ';
  const changes = (span.events ?? [])
    .filter(({ name }) => name === 'godrift.entry.changed')
    .map(({ attributes = [] }) => {
      const of = (key: string) => attributes.find((one) => one.key === key)?.value.stringValue ?? '(none)';
      return `${of('godrift.entry.key')} ${of('godrift.entry.expected')} → ${of('godrift.entry.actual')}`;
    });
  return [`${span.name} (${ms.toFixed(1)} ms)`, ...changes.map((change) => `  ${change}`)]
    .map((line) => `${indent}${line}`)
    .join('\n');
}
