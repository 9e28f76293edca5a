// The report's style sheet. Colours come from the palette; nothing is fetched.

import { paletteCss } from "./palette.js";

export const styleSheet = `${paletteCss(":root")}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:50rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.8rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.25rem;line-height:1.3;margin:3rem 0 .6rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.5rem 0}
.quiet,figcaption,dt{color:var(--muted);font-size:.875rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(max(9.5rem,30%),1fr));gap:.6rem;margin:1.5rem 0}
dl div{border:1px solid color-mix(in srgb,var(--muted) 35%,transparent);border-radius:.5rem;padding:.6rem .8rem}
dd{margin:0;font-size:1.15rem;font-weight:600;font-variant-numeric:tabular-nums}
figure{margin:1rem 0 0}
figcaption{margin-top:.4rem}
svg.logdet-figure{display:block;margin:0 auto}
.scroll{overflow-x:auto;scrollbar-width:thin}
.scroll:focus-visible{outline:2px solid var(--data);outline-offset:2px}
.tall{max-height:26rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem .35rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid color-mix(in srgb,var(--muted) 30%,transparent)}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
tbody th{font-weight:400;white-space:normal;min-width:8rem;max-width:18rem}
thead th{position:sticky;top:0;background:var(--page);color:var(--muted);font-weight:600}
pre{margin:.3rem 0;padding:.8rem 1rem;border-radius:.5rem;background:color-mix(in srgb,var(--muted) 12%,transparent);overflow-x:auto;font:.85rem/1.5 ui-monospace,monospace;overflow-wrap:normal}
li{margin:.4rem 0}
@media (max-width:480px){.logdet-figure text{font-size:19px}.small-multiples text{font-size:22px}.matrix svg.logdet-figure{width:40rem;max-width:none}.matrix text{font-size:13px}}
@media print{h2,h3{break-after:avoid}figure,pre,tr{break-inside:avoid}.scroll{overflow:visible}.tall{max-height:none}pre{white-space:pre-wrap;overflow-wrap:anywhere}}
`;
