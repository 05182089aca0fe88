"""What every HTML page is made of: its frame, its looks, and the script that sorts and searches."""

from __future__ import annotations

__all__ = ("PAGE", "SCRIPT", "STYLE")

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'sha256-$policy'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<title>$asked</title>
<style>
$style</style>
</head>
<body>
<h1>$asked</h1>
$body<script>$script</script>
</body>
</html>
"""

STYLE = """\
:root{--back:#fff;--text:#1b1f24;--soft:#59636e;--line:#d1d9e0;--even:#f6f8fa;--bar:#9ec5f4;
--wrong:#a40e26;--l0:#0969da;--l1:#bc4c00;--l2:#1a7f37;--l3:#8250df;--l4:#bf3989;--l5:#1b7c83;
--l6:#9a6700;--l7:#57606a}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9198a1;
--line:#3d444d;--even:#151b23;--bar:#1f4f8f;--wrong:#ff8182;--l0:#58a6ff;--l1:#f0883e;--l2:#56d364;
--l3:#bc8cff;--l4:#ff7bc0;--l5:#39c5cf;--l6:#e3b341;--l7:#8b949e}}
body{margin:1rem;background:var(--back);color:var(--text);font:14px/1.4 system-ui,sans-serif}
h1{font-size:1.1rem;margin:0 0 1rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}
table{border-collapse:collapse}
th,td{padding:.15rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
td,h2,p{white-space:pre-wrap}
.w{overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:var(--back);white-space:nowrap}
th[aria-sort]{cursor:pointer}
th[aria-sort=ascending]::after{content:" \\25b2"}
th[aria-sort=descending]::after{content:" \\25bc"}
tbody tr:nth-child(even){background:var(--even)}
.x{font-family:ui-monospace,Consolas,monospace;white-space:nowrap}
.c{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.u,.warning{color:var(--wrong)}
.foot,.n{color:var(--soft)}
b{font-weight:600;color:var(--soft)}
input{font:inherit;width:24rem;max-width:100%;padding:.25rem .5rem;color:inherit;
background:var(--even);border:1px solid var(--line);border-radius:4px}
output{margin-left:1rem;color:var(--soft)}
.bar{float:left;width:8rem;height:.7rem;margin:.3rem .6rem 0 0}
.bar rect{fill:var(--bar)}
.spark{width:80px;height:20px;margin-right:.6rem;vertical-align:middle}
.lines{display:block;max-width:900px;margin:1rem 0}
.lines text{font-size:12px;fill:var(--text)}
polyline,.axis{fill:none;stroke:var(--l0);stroke-width:1.5}
.axis{stroke:var(--line)}
.lines .l0{stroke:var(--l0)}.lines .l1{stroke:var(--l1)}.lines .l2{stroke:var(--l2)}
.lines .l3{stroke:var(--l3)}.lines .l4{stroke:var(--l4)}.lines .l5{stroke:var(--l5)}
.lines .l6{stroke:var(--l6)}.lines .l7{stroke:var(--l7)}
.lines rect{stroke-width:0}
rect.l0{fill:var(--l0)}rect.l1{fill:var(--l1)}rect.l2{fill:var(--l2)}rect.l3{fill:var(--l3)}
rect.l4{fill:var(--l4)}rect.l5{fill:var(--l5)}rect.l6{fill:var(--l6)}rect.l7{fill:var(--l7)}
@media print{input,output{display:none}}
"""

# Sorting takes a number where a cell has one (data-sort, of any size), else the text without regard
# to case; numbers come before texts, and cells of the classes n and u, which are absent, last. Rows
# are moved while they are out of the page: in it each move has all of them counted anew, by which
# every second one is shaded.
SCRIPT = """\
"use strict";
(() => {
  const tables = [...document.querySelectorAll("table")];
  const rows = tables.flatMap(table => [...table.tBodies[0].rows]);
  const key = cell => {
    if (cell.className === "n" || cell.className === "u") return [2];
    const number = cell.dataset.sort;
    if (number !== undefined) return [0, BigInt(number)];
    return [1, cell.textContent.toLowerCase()];
  };
  const compare = (one, other, way) => {
    if (one[0] !== other[0]) return one[0] === 2 || other[0] === 2 || way > 0
      ? one[0] - other[0] : other[0] - one[0];
    return one[1] < other[1] ? -way : one[1] > other[1] ? way : 0;
  };
  for (const table of tables) {
    for (const head of table.tHead.rows[0].cells) {
      head.setAttribute("aria-sort", "none");
      head.tabIndex = 0;
      const sort = () => {
        const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
        const body = table.tBodies[0];
        const keys = [...body.rows].map(row => [key(row.cells[head.cellIndex]), row]);
        keys.sort((one, other) => compare(one[0], other[0], way));
        body.remove();
        for (const each of keys) body.append(each[1]);
        table.append(body);
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
    }
  }
  if (!rows.length) return;
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "only rows with these words";
  const shown = document.createElement("output");
  const texts = new Map();
  const search = () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(word => word);
    let count = 0;
    for (const row of rows) {
      if (!texts.has(row)) {
        texts.set(row, [...row.cells].map(cell => cell.textContent).join(" ").toLowerCase());
      }
      const text = texts.get(row);
      row.hidden = !words.every(word => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    shown.value = words.length ? count + " of " + rows.length + " rows" : "";
  };
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  document.querySelector("h1").after(input, shown);
})();
"""
