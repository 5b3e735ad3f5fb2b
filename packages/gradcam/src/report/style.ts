/** @file How a report looks: light and dark, on paper, on a phone. */

export const style = `
:root{color-scheme:light dark;--paper:#fff;--card:#f6f8fa;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--bar:#3b6fb6;--track:#e6eaef;--warn:#fff8e3;--edge:#d4a72c}
@media (prefers-color-scheme:dark){:root{--paper:#0f1318;--card:#171c23;--ink:#e6e9ed;--faint:#98a2ad;--line:#2c343d;--bar:#6ea3e8;--track:#232a33;--warn:#2a2410;--edge:#9a7b1f}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--paper);color:var(--ink)}
body{max-width:70rem;margin:0 auto;padding:2.5rem 1.5rem 4rem;overflow-wrap:anywhere}
.kicker{margin:0;color:var(--faint);font-size:.8rem;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.1rem 0 .4rem;font-size:1.9rem;line-height:1.2}
h2{margin:2.8rem 0 1rem;padding-top:1.1rem;border-top:1px solid var(--line);font-size:1.25rem}
h3{margin:1.8rem 0 .7rem;font-size:1.05rem}
h3 .score{margin-left:.5rem;color:var(--faint);font-weight:400}
.lead{margin:0;font-size:1.05rem}
.note{margin:.5rem 0 0;color:var(--faint);font-size:.875rem}
figure{margin:0}
img{display:block;max-width:100%;height:auto;border-radius:6px}
.seen{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:2rem;margin-top:2rem;align-items:start}
.seen img{width:100%}
.seen.bare{grid-template-columns:minmax(0,40rem)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:1.25rem}
.maps figure{padding:.6rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
.maps img{width:100%}
figcaption{padding:.55rem .15rem 0;font-size:.875rem;color:var(--faint)}
figcaption b{color:var(--ink);font-size:.95rem}
figcaption dl{display:grid;grid-template-columns:auto 1fr;gap:0 .7rem;margin:.35rem 0 0}
dt{color:var(--faint)}
dd{margin:0;color:var(--ink);font-variant-numeric:tabular-nums}
.scales{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),24rem));gap:0 2rem}
.scale{margin:0 0 1.2rem}
.scale img{width:100%;height:.75rem;border-radius:3px}
.scale div{display:flex;justify-content:space-between;gap:1rem;margin-top:.25rem;font-size:.8rem;color:var(--faint);font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-size:.9rem}
caption{padding-bottom:.5rem;text-align:left;font-weight:600;font-size:1rem}
th,td{padding:.45rem .8rem .45rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--faint);font-weight:500}
td .note{margin:0}
td div{white-space:nowrap}
td.number,th.number{text-align:right;padding-right:0;padding-left:.8rem;font-variant-numeric:tabular-nums;white-space:nowrap}
td.bar{width:35%;vertical-align:middle}
svg.bar{display:block;width:100%;height:.6rem;border-radius:3px;background:var(--track)}
svg.bar rect{fill:var(--bar)}
tr.explained td:first-child{font-weight:600}
.table{overflow-x:auto}
.table table{min-width:40rem;overflow-wrap:normal}
code,pre{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{max-height:24rem;margin:.5rem 0 0;padding:.8rem;overflow:auto;white-space:pre-wrap;background:var(--card);border:1px solid var(--line);border-radius:6px}
summary{cursor:pointer}
details{margin-bottom:.6rem}
.warnings{margin:1.5rem 0 0;padding:.9rem 1.1rem;list-style:none;background:var(--warn);border:1px solid var(--edge);border-radius:8px}
.warnings li+li{margin-top:.6rem}
.warnings span{display:block;color:var(--faint);font-size:.9rem}
footer{margin-top:3rem;color:var(--faint);font-size:.85rem}
@media (max-width:44rem){body{padding:1.5rem 1rem 3rem}.seen{grid-template-columns:1fr;gap:1.2rem}}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--faint:#444;--line:#bbb;--bar:#3b6fb6;--track:#eee;--warn:#fff;--edge:#888}
body{max-width:none;padding:0}h2,h3{break-after:avoid}figure,tr,.warnings{break-inside:avoid}.maps{grid-template-columns:repeat(3,1fr)}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
details::details-content{content-visibility:visible;block-size:auto}}
`
