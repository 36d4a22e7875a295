/** Describes messages and spans in a few lines for the terminal. Pure. */
import type { Span } from './ask.ts';

/**
 * Describes a webhook message: the receiver and its kind, from the request path, and the human-readable texts
 * of the body.
 */
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
  // A sender must not be able to write control characters to the terminal.
  const line = text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > lineLimit ? `${line.slice(0, lineLimit - 1)}…` : line;
}

/**
 * The JSON members with human-readable text in the documented payloads of Alertmanager, Slack, PagerDuty and
 * WeCom.
 */
const speaking = new Set(['status', 'summary', 'title', 'text', 'event_action', 'content']);

function textsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return speaking.has(key) && value !== '' ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => textsOf(one, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}

/** Describes a span, indented below its parent, with its duration and the entries that changed, if any. */
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
