/**
 * @file The style of every HTML page that a command writes, in light and dark. Its colours are those of the app
 * (packages/web/src/styles.css).
 */

/** Colours and basic style of a page. */
export const BASE_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f3f5f3, #0f1211); --card: light-dark(#ffffff, #191d1b); --well: light-dark(#e8ebe8, #232826);
  --text: light-dark(#151917, #eef2ef); --soft: light-dark(#55605a, #a3aea8); --line: light-dark(#dbe0dc, #2c332f); --muted: light-dark(#7d8882, #6d7872);
  --ours: light-dark(#0b7a55, #52d8a3); --others: light-dark(#4a6fa5, #8fb4e8); --a: var(--ours); --b: light-dark(#2b6cb0, #7db3f0);
  --c: light-dark(#b3560b, #ffb37a); --d: light-dark(#7446c9, #b794f4); --good: var(--ours); --bad: light-dark(#b3261e, #ff9d92); --note: light-dark(#fff2cf, #372c0e);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 "Figtree Variable", ui-sans-serif, system-ui, sans-serif; }
a { color: inherit; }
a:focus-visible { outline: 3px solid var(--ours); outline-offset: 2px; }
`;

/** The style of a report. */
export const STYLE = `${BASE_STYLE}
main { max-width: 980px; margin: 0 auto; padding: 40px 20px 80px; }
h1 { font-size: 34px; line-height: 1.15; margin: 0 0 8px; letter-spacing: -0.02em; }
h2 { font-size: 22px; margin: 56px 0 6px; letter-spacing: -0.01em; }
p { margin: 8px 0; max-width: 72ch; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 26px 0 4px; }
.soft { color: var(--soft); font-size: 14px; }
td .soft { font-size: 13px; }
.note { max-width: none; background: var(--note); border-radius: 10px; padding: 12px 16px; margin: 20px 0 28px; }
.cards { margin-top: 24px; display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.card b { display: block; font-size: 30px; letter-spacing: -0.02em; line-height: 1.2; }
figure { margin: 16px 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px; overflow-x: auto; }
figcaption { color: var(--soft); font-size: 14px; margin-bottom: 10px; }
figure svg { display: block; color: var(--text); background: none; }
/* On a phone a wide plot is scrolled, because letters of a third of their size cannot be read. */
@media (max-width: 640px) { figure svg[width="880"] { min-width: 600px; } }
.row { margin: 14px 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 14px; }
.row.two { grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.row figure { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: 14px 0; }
th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: 14px; }
th:first-child, td:first-child { text-align: left; }
th.words, td.words { text-align: left; white-space: normal; min-width: 220px; color: var(--soft); font-size: 14px; }
tr.group th { text-align: left; padding-top: 18px; font-weight: 650; color: var(--text); }
td.claim { color: var(--text); }
.claims th.words, .claims td.words { min-width: 130px; }
.claims td { vertical-align: top; }
tr.ours td { font-weight: 650; color: var(--ours); }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 14px; margin: 14px 0; }
.pair { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px; margin: 0; }
.pair .images { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.pair .images > * { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--line); border-radius: 8px; display: block; outline: 3px solid transparent; outline-offset: -3px; }
.pair .images > .chosen { outline-color: var(--ours); }
.pair .said { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; font-size: 13px; color: var(--soft); margin-top: 6px; }
.pair .caption { font-size: 14px; margin: 0 0 10px; min-height: 2.6em; line-height: 1.3; }
.pair .below { font-size: 13px; color: var(--soft); margin: 4px 0 0; }
details { margin: 12px 0; } summary { cursor: pointer; color: var(--soft); font-size: 14px; }
.right { color: var(--good); } .wrong { color: var(--bad); }
.key { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 14px; color: var(--soft); margin: 8px 0 12px; }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 6px; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media print {
  :root { color-scheme: light; --page: #ffffff; }
  main { max-width: none; padding: 0; }
  figure, .card, .pair, tr, h2 + p, dl { break-inside: avoid; }
  /* Three rows of a table stay with its head, and three with its end. */
  tr:nth-child(-n + 3) { break-after: avoid; } tr:nth-last-child(-n + 2) { break-before: avoid; }
  h2, h3 { break-after: avoid; }
  /* Browsers leave out backgrounds on paper. Here they are what tells things apart: the colours of a key, the cells of a matrix. */
  .key i, td[style] { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details:not([open]) { display: none; }
  /* Paper cannot be scrolled: tables get smaller and break their lines instead. */
  .scroll { overflow: visible; }
  table { font-size: 12px; } th, td { padding: 4px 6px; white-space: normal; } th { font-size: 12px; }
  th.words, td.words, .claims td.words { font-size: 12px; min-width: 90px; }
  .claims td:nth-child(4) { white-space: nowrap; }
}
`;
