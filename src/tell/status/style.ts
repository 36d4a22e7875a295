/**
 * The style sheet of the status page. The page's policy allows it, and nothing else, by its hash (CSP level
 * 3, hash-source). Colours have a contrast of at least 4.5 on their background in both schemes (WCAG 2.2,
 * 1.4.3).
 */
import { sha256Hex } from '../../host/digest.ts';

export const style = `
:root{color-scheme:light dark;--fg:#1b212c;--dim:#576074;--bg:#f3f5f8;--card:#fff;--line:#dde2ea;--link:#1a5fb4;
--none:#146534;--none-bg:#e0f3e6;--patch:#1c62a8;--patch-bg:#e4eefa;--minor:#8a5300;--minor-bg:#fdf0d8;--major:#b3231b;--major-bg:#fde6e4;--unreadable:#6b4aa0;--unreadable-bg:#efe8fa}
@media (prefers-color-scheme:dark){:root{--fg:#e4e8ef;--dim:#a2acbd;--bg:#12161d;--card:#1a202a;--line:#2f3744;--link:#8ab8f0;
--none:#6fd08f;--none-bg:#173524;--patch:#8cc0f2;--patch-bg:#18304a;--minor:#efbd60;--minor-bg:#3d2f12;--major:#ff9088;--major-bg:#451d1c;--unreadable:#c4a8f2;--unreadable-bg:#302348}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--fg);background:var(--bg)}
header,main,footer{max-width:80rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem;padding-bottom:1.1rem}footer{padding-top:1rem;padding-bottom:2rem}
h1{font-size:1.5rem;line-height:1.3;margin:0}h1 small{font-size:.875rem;font-weight:400;color:var(--dim)}
h2{font-size:1.05rem;margin:1.75rem 0 .75rem}h3{font-size:1.15rem;margin:0;overflow-wrap:anywhere}h4{font-size:.9rem;margin:1rem 0 .4rem}
p{margin:.5rem 0}a{color:var(--link)}h3 a{color:inherit;text-decoration:none}h3 a:hover,th a:hover{text-decoration:underline}
.dim,.sub{color:var(--dim)}.sub{margin:.25rem 0 0;max-width:60rem}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code{font:.92em/1.4 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere;unicode-bidi:isolate}
.bar{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;margin:0 0 1.1rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;margin:0;padding:0}
.chips a{display:block;padding:.25rem .75rem;border-radius:99px;border:1px solid var(--line);background:var(--card);text-decoration:none;color:var(--fg)}
.chips b{font-variant-numeric:tabular-nums}.chips .major b{color:var(--major)}.chips .minor b{color:var(--minor)}.chips .patch b{color:var(--patch)}.chips .unreadable b{color:var(--unreadable)}.chips .none b{color:var(--none)}
.chips a[aria-current]{border-color:var(--link);box-shadow:inset 0 0 0 1px var(--link)}
form{display:flex;gap:.4rem;align-items:center}
input,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--dim);border-radius:.35rem;padding:.2rem .6rem}
.notices{list-style:none;margin:1rem 0 0;padding:.6rem .9rem;border-radius:.5rem;background:var(--minor-bg);color:var(--minor)}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,32rem),1fr));align-items:start}
.card{min-width:0;padding:1rem 1.15rem;background:var(--card);border:1px solid var(--line);border-top:.25rem solid var(--none);border-radius:.6rem}
.card.patch{border-top-color:var(--patch)}.card.minor{border-top-color:var(--minor)}.card.major{border-top-color:var(--major)}.card.unreadable{border-top-color:var(--unreadable)}
.head{display:flex;flex-wrap:wrap;gap:.35rem .7rem;align-items:center}.trend{display:flex;gap:.6rem;align-items:center;margin-left:auto;font-size:.8rem}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:99px;font-size:.82rem;font-weight:600;white-space:nowrap;color:var(--none);background:var(--none-bg)}
.badge.patch{color:var(--patch);background:var(--patch-bg)}.badge.minor{color:var(--minor);background:var(--minor-bg)}.badge.major{color:var(--major);background:var(--major-bg)}.badge.unreadable{color:var(--unreadable);background:var(--unreadable-bg)}
td.none{color:var(--none)}td.patch{color:var(--patch);font-weight:600}td.minor{color:var(--minor);font-weight:600}td.major{color:var(--major);font-weight:600}.unreadable{color:var(--unreadable)}td.dim{color:var(--dim)}
.spark{display:block;overflow:visible;width:10rem;height:2.25rem;max-width:100%}.spark path{fill:none;vector-effect:non-scaling-stroke}
.spark .axis{stroke:var(--line)}.spark .line{stroke:var(--link);stroke-width:1.5}.spark .area{fill:var(--link);opacity:.16}.spark .dot{stroke:var(--link);stroke-width:6;stroke-linecap:round}
dl{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;margin:.6rem 0 0}dl div{display:flex;gap:.4rem;min-width:0}dt{color:var(--dim)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
.findings,.causes{list-style:none;margin:0;padding:0}.findings li{display:grid;grid-template-columns:4.6rem 1fr;gap:.5rem;padding:.4rem 0;border-top:1px solid var(--line)}
.findings li>div{min-width:0;overflow-wrap:anywhere}.findings .badge{justify-self:start;align-self:start}.causes{font-size:.9rem;margin-top:.3rem}.causes li{overflow-wrap:anywhere}
del,ins{padding:0 .3rem;border-radius:.25rem;text-decoration:none;font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere;unicode-bidi:isolate}
del,.arrow{color:var(--dim)}del{padding:0}ins{font-weight:700;color:var(--major);background:var(--major-bg)}.findings .patch ins{color:var(--patch);background:var(--patch-bg)}.findings .minor ins{color:var(--minor);background:var(--minor-bg)}
.repair{margin:.25rem 0 0;font-size:.92rem}.repair b{font-weight:600;color:var(--dim);margin-right:.3rem}
.wide{overflow-x:auto;margin-top:1rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-top:1px solid var(--line)}thead th{border-top:0;color:var(--dim);font-weight:500;white-space:nowrap}tbody th{font-weight:500;white-space:nowrap}td.dim,td.none,td.number{white-space:nowrap}
.number{font-variant-numeric:tabular-nums}
.rows{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.5rem 1.15rem;margin:0}.rows td,.rows tbody th{vertical-align:middle}.rows .spark{width:9rem;height:1.5rem}
@media (max-width:40rem){.trend{margin-left:0;width:100%}.findings li{grid-template-columns:1fr;gap:.2rem}}
`;

/**
 * Content-Security-Policy of all answers of the metrics listener: one style sheet by its hash, images from
 * data URLs, nothing else.
 */
export const contentPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${Buffer.from(sha256Hex(style), 'hex').toString('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
