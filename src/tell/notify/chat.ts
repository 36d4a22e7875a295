/**
 * Builds chat messages, Slack's Block Kit and WeCom's markdown, within the documented limits of each service.
 */
import type { Severity } from '../../drift/severity.ts';
import { type Firing, gravest, headline, type Notification } from './notification.ts';

const shownFindings = 15;

/** Slack: `&`, `<`, `>` are its control characters (api.slack.com, Formatting text). */
const slackText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const slackCode = (text: string) => `\`${slackText(text).replaceAll('`', 'ˋ')}\``;
const cut = (text: string, limit: number) =>
  text.length > limit ? `${text.slice(0, limit - 1).toWellFormed()}…` : text;

const marks: Readonly<Record<Severity, string>> = {
  critical: ':rotating_light:',
  error: ':red_circle:',
  warning: ':large_orange_circle:',
  info: ':large_blue_circle:',
};

function slackFinding({ finding, labels }: Firing): string {
  const repair = finding.repair === undefined ? '' : `\n_repair:_ ${slackText(cut(finding.repair, 500))}`;
  const mark = marks[labels['severity'] as Severity];
  return `${mark} ${slackCode(cut(finding.rule, 100))} ${slackText(cut(finding.summary, 1000))}${repair}`;
}

/**
 * Returns the body for an incoming webhook: at most 50 blocks, a header of 150 characters, sections of 3000.
 */
export function slackBody(notification: Notification): object {
  const { firing, ended } = notification;
  const title = headline(notification);
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(text, 3000) } });
  const more = firing.length - shownFindings;
  const resolved = ended
    .map(({ summary }) => `:white_check_mark: ${slackText(summary)}`)
    .slice(0, shownFindings);
  return {
    text: slackText(cut(title, 500)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, 150) } },
      ...firing.slice(0, shownFindings).map((one) => section(slackFinding(one))),
      ...(more > 0 ? [section(`and ${more} more: \`godrift check\` shows them`)] : []),
      ...(resolved.length > 0 ? [section(`*Resolved*\n${resolved.join('\n')}`)] : []),
    ],
  };
}

/** WeCom's markdown has no escapes: markup characters are replaced by look-alikes or spaces. */
const wecomText = (text: string) =>
  text
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll(/[`*[\]]/g, ' ');

const colours: Readonly<Record<Severity, string>> = {
  critical: 'warning',
  error: 'warning',
  warning: 'warning',
  info: 'comment',
};

/** Returns the markdown for a robot or an application, at most `limitBytes` of UTF-8. */
export function wecomMarkdown(notification: Notification, limitBytes: number): string {
  const { firing, ended } = notification;
  const colour = firing.length === 0 ? 'info' : colours[gravest(firing)];
  const lines = [
    `**<font color="${colour}">${wecomText(cut(headline(notification), 300))}</font>**`,
    ...firing.map(({ finding }) => {
      const repair = finding.repair === undefined ? '' : `\n> repair: ${wecomText(cut(finding.repair, 300))}`;
      return `- **${finding.level}** ${wecomText(finding.rule)}: ${wecomText(cut(finding.summary, 500))}${repair}`;
    }),
    ...ended.map(({ summary }) => `- <font color="info">resolved</font> ${wecomText(cut(summary, 300))}`),
  ];
  return withinBytes(lines, limitBytes);
}

/** Returns as many whole lines as fit, and the number of omitted ones. */
function withinBytes(lines: readonly string[], limit: number): string {
  const size = (text: string) => Buffer.byteLength(text);
  const reserve = 40;
  let text = '';
  for (const [index, line] of lines.entries()) {
    const left = lines.length - index;
    if (size(text) + 1 + size(line) > limit - (left > 1 ? reserve : 0)) return `${text}\n- and ${left} more`;
    text = text === '' ? line : `${text}\n${line}`;
  }
  return text;
}
