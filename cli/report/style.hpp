// The style sheet of a report.
#pragma once

#include <string_view>

namespace mlopsctl::cli::report {

inline constexpr std::string_view style_sheet = R"CSS(
:root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--ink:#1b2230;--soft:#5b6577;--rule:#e1e5ec;--accent:#2563c9;--second:#e08a1e;--good:#1d8a4e;--bad:#c93434;--warn:#b7791f;--mark:#eef3fb}
@media (prefers-color-scheme:dark){:root{--back:#11151c;--card:#1a202b;--ink:#e6eaf1;--soft:#9aa5b8;--rule:#2c3545;--accent:#6ea3f7;--second:#f0ac57;--good:#4fc283;--bad:#f07575;--warn:#e0b04f;--mark:#222c3d}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
header{margin-bottom:20px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:0 0 14px}
h3{font-size:.95rem;margin:18px 0 8px}
.meta{color:var(--soft);margin:0;display:flex;flex-wrap:wrap;gap:4px 18px}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px 22px;margin:0 0 18px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px;align-items:start}
.badge{display:inline-block;border-radius:999px;padding:2px 12px;font-size:.8rem;font-weight:600;vertical-align:middle;color:#fff;background:var(--soft)}
@media (prefers-color-scheme:dark){.badge{color:#11151c}}
.badge.good{background:var(--good)}.badge.bad{background:var(--bad)}.badge.warn{background:var(--warn)}
.verdict{border-left:6px solid var(--soft)}.verdict.good{border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}.verdict.warn{border-left-color:var(--warn)}
.verdict p{margin:4px 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;color:var(--soft);font-weight:600;font-size:.8rem;border-bottom:1px solid var(--rule);padding:6px 14px 6px 0;white-space:nowrap}
td{border-bottom:1px solid var(--rule);padding:7px 14px 7px 0;vertical-align:top}
tr:last-child td{border-bottom:0}td:last-child:not(.n){min-width:12em}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}th.n{white-space:normal}th{vertical-align:bottom}
.up{color:var(--good)}.down{color:var(--bad)}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--mark);border-radius:5px;padding:1px 5px;overflow-wrap:anywhere}
pre{font:.84em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--mark);border-radius:8px;padding:12px 14px;overflow-x:auto;margin:8px 0}
details{border-top:1px solid var(--rule);padding:8px 0}details:first-of-type{border-top:0}
summary{cursor:pointer;font-weight:600}
figure{margin:0}figcaption{font-weight:600;font-size:.95rem;margin:0 0 8px}figure details{border:0}
summary:focus-visible,a:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.soft{color:var(--soft)}ul{margin:6px 0;padding-left:20px}
svg{width:100%;height:auto;display:block;font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg text{fill:var(--ink)}svg .axis,svg .small{fill:var(--soft);font-size:11px}svg .value{font-size:11px;font-variant-numeric:tabular-nums}svg .strong{font-weight:600}
svg .grid{stroke:var(--rule);stroke-width:1}svg .challenger{fill:var(--accent)}svg .champion{fill:var(--second)}
svg .ideal{stroke:var(--soft);stroke-dasharray:4 4}svg .curve{fill:none;stroke:var(--accent);stroke-width:2}svg .rows{fill:var(--accent);opacity:.18}
svg .edge{fill:none;stroke:var(--soft);stroke-width:1.4;opacity:.6}svg .box{fill:var(--mark);stroke:var(--rule)}svg .move{stroke:var(--soft);stroke-width:2}
svg .limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 4}
svg .series0{fill:#4c78c8}svg .series1{fill:#e0933a}svg .series2{fill:#4aa37a}svg .series3{fill:#b05fb0}svg .series4{fill:#c9524f}svg .series5{fill:#7d8798}
svg .curve.series0{fill:none;stroke:#4c78c8}svg .curve.series1{fill:none;stroke:#e0933a;stroke-dasharray:7 3}
svg .heat{fill:var(--bad);fill-opacity:calc(.05 + .85*var(--share))}svg .right .heat{fill:var(--accent)}svg .on{fill:#fff!important}
.state-succeeded{fill:var(--good);color:var(--good)}.state-reused{fill:var(--accent);color:var(--accent);opacity:.75}.state-failed,.state-timed_out{fill:var(--bad);color:var(--bad)}
.state-cancelled,.state-blocked{fill:var(--warn);color:var(--warn)}.state-skipped{fill:var(--soft);color:var(--soft)}
footer{color:var(--soft);font-size:.85rem;margin-top:28px}
@media print{body{background:#fff}.card{break-inside:avoid;border-color:#ccc}details{display:block}}
)CSS";

}  // namespace mlopsctl::cli::report
