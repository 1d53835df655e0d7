#include <string>

#include "answers/page/assets.hpp"
#include "answers/pictures/palette.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kPageRules = R"css(
*{box-sizing:border-box}
html{background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,
'Helvetica Neue',Arial,'Liberation Sans',sans-serif;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1120px;padding:0 20px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;margin:44px 0 8px;padding-top:12px;border-top:1px solid var(--grid)}
h3{font-size:1rem;margin:28px 0 6px}
p{margin:8px 0;max-width:75ch}
a{color:var(--accent)}
h1,dd,li,p,td.name,th.name,.facts td{overflow-wrap:anywhere}
header{padding-top:28px}
.top{display:flex;gap:16px;justify-content:space-between;align-items:flex-start}
.answer{font-size:1.2rem;line-height:1.45;max-width:66ch;margin:14px 0 4px}
.answer strong{font-weight:650}
.muted,caption,figcaption{color:var(--muted)}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:var(--panel);padding:6px 10px}
nav ul{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:14px 0 0;padding:0;font-size:.93rem}
nav a{display:inline-block;padding:3px 0}
button{font:inherit;color:inherit}
.theme{white-space:nowrap;background:var(--panel);border:1px solid var(--line);border-radius:6px;
padding:4px 12px;font-size:.9rem;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:12px;margin:20px 0 0}
.numbers div{background:var(--panel);border-radius:8px;padding:10px 14px}
.numbers dt{color:var(--muted);font-size:.88rem;line-height:1.35}
.numbers dd{margin:4px 0 0;font-size:.88rem;color:var(--muted)}
.numbers dd.value{font-size:1.45rem;line-height:1.25;font-weight:600;color:var(--ink);
font-variant-numeric:tabular-nums}
.remarks{border-left:4px solid var(--sign);background:var(--panel);border-radius:0 8px 8px 0;
padding:10px 16px;margin-top:20px}
.remarks h2{border:0;margin:0;padding:0;font-size:1rem}
.remarks ul{margin:4px 0;padding-left:20px}
figure{margin:12px 0}
figcaption,caption{font-size:.9rem;text-align:left;max-width:75ch;padding:4px 0}
caption{max-width:min(75ch,calc(100vw - 40px))}
.scroll{overflow:auto;max-width:100%}
.tall{max-height:min(85vh,900px)}
svg{display:block;width:100%;height:auto}
.map svg,.plot svg{min-width:720px;max-width:880px}
.map svg{max-width:1000px}
svg text{font-family:inherit}
.bands{display:none}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;line-height:1.3}
th,td{padding:4px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}
thead th{position:sticky;top:0;background:var(--page);vertical-align:bottom;
border-bottom:1px solid var(--line);white-space:normal;z-index:1}
tbody th{font-weight:500}
th:first-child,.text{text-align:left}
td.name,th.name{white-space:normal;min-width:7em;max-width:24em}
.sized thead th{min-width:5.6em}
th button{background:none;border:0;padding:2px 0;font-weight:600;text-align:inherit;cursor:pointer;
width:100%}
th button::after{content:"\00a0\2195";color:var(--muted)}
th[aria-sort=ascending] button::after{content:"\00a0\25B2";color:var(--ink)}
th[aria-sort=descending] button::after{content:"\00a0\25BC";color:var(--ink)}
.cells td{padding:2px 5px;border:0;border-bottom:1px solid var(--grid)}
.cells th{padding:2px 6px}
.cells tbody th,.sized tbody th:first-child{position:sticky;left:0;background:var(--page)}
.facts th,.facts td{text-align:left;white-space:normal;vertical-align:top}
.facts td{font-family:ui-monospace,'Cascadia Mono','DejaVu Sans Mono',monospace;font-size:.85rem}
.facts tbody th{min-width:9em}
details summary{cursor:pointer;padding:4px 0;color:var(--accent)}
dl.terms dt{font-weight:600;margin-top:10px}
dl.terms dd{margin:0;max-width:75ch}
.tip{position:fixed;z-index:5;max-width:min(340px,92vw);background:var(--ink);color:var(--page);
padding:6px 10px;border-radius:6px;font-size:.85rem;line-height:1.35;pointer-events:none;
overflow-wrap:anywhere}
.cursor{fill:none;stroke:var(--ink);stroke-width:2}
@media (max-width:600px){
body{padding:0 14px 40px}
h1{font-size:1.35rem}
.answer{font-size:1.08rem}
.numbers{grid-template-columns:1fr 1fr;gap:8px}
.numbers div{padding:8px 10px}
.numbers dd.value{font-size:1.15rem}
.facts th,.facts td{display:block;border:0;padding:2px 0}
.facts thead{position:absolute;left:-9999px}
.facts tbody th{font-weight:600}
.facts td{border-bottom:1px solid var(--grid);padding-bottom:6px}
}
@media print{
@page{margin:14mm}
html{font-size:10.5pt}
body{max-width:none;padding:0}
nav,.theme,.skip,.tip,details,.cursor{display:none}
.scroll,.tall{overflow:visible;max-height:none}
.map svg,.plot svg{min-width:0;max-width:none}
.long svg{max-height:none}
h2,h3,caption{break-after:avoid}
figure.short,.scroll.short,.numbers div,tr,.remarks{break-inside:avoid}
thead{display:table-header-group;break-inside:avoid}
thead th,.cells tbody th,.sized tbody th:first-child{position:static}
table{font-size:8.5pt}
th,td{padding:2px 6px}
.sized thead th{min-width:5em}
tbody th.name{min-width:9em}
th button{display:contents}
th button::after{content:none!important}
.scroll:has(+.bands){display:none}
.bands{display:block}
.bands svg{break-inside:avoid}
.numbers div,.remarks{border:1px solid var(--grid)}
a{color:inherit;text-decoration:none}
}
)css";

}  // namespace

std::string page_style() {
  const std::string dark = palette_properties(true), light = palette_properties(false);
  std::string style = ":root{color-scheme:light dark;" + light + "}\n";
  style += "@media screen and (prefers-color-scheme:dark){:root{" + dark + "}}\n";
  style += "@media screen{:root[data-theme=light]{color-scheme:light;" + light + "}\n";
  style += ":root[data-theme=dark]{color-scheme:dark;" + dark + "}}\n";
  style += "@media print{:root{color-scheme:light}}\n";
  style += picture_rules();
  return style.append(kPageRules);
}

}  // namespace tf_injector::detail
