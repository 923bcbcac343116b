/** @file The style sheet of the API's page, with the colours of the other pages, for light and dark and for all screen sizes. */
import { BASE_STYLE } from "@pickapic/report/style";

/** The CSS. */
export const REFERENCE_STYLE = `${BASE_STYLE}
html { scroll-padding-top: 72px; }
a { color: var(--ours); text-underline-offset: 3px; }
h1, h2, h3 { letter-spacing: -0.02em; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 34px; margin: 0 0 12px; }
main h2 { font-size: 25px; margin: 52px 0 4px; }
h3 { font-size: 20px; margin: 0; }
h4 { font-size: 14px; margin: 20px 0 6px; color: var(--soft); }
p { margin: 8px 0; max-width: 72ch; }
code, pre { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 0; padding: 14px 16px; overflow-x: auto; background: var(--well); border-radius: 10px; }
pre:focus-visible, summary:focus-visible { outline: 3px solid var(--ours); outline-offset: 2px; border-radius: 10px; }
summary { cursor: pointer; padding: 4px 0; }
.soft, .bounds { color: var(--soft); font-size: 14px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 12px; z-index: 3; background: var(--card); padding: 10px 14px; border-radius: 10px; }
header { position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: 14px; padding: 14px 24px; background: var(--page); border-bottom: 1px solid var(--line); }
header a:last-child { margin-left: auto; font-size: 14px; }
.brand { color: var(--text); font-weight: 750; font-size: 19px; letter-spacing: -0.02em; text-decoration: none; }
.frame { display: grid; grid-template-columns: 290px minmax(0, 860px); gap: 48px; max-width: 1248px; margin: 0 auto; padding: 0 24px; }
nav { position: sticky; top: 61px; align-self: start; max-height: calc(100dvh - 61px); overflow-y: auto; padding: 24px 8px 40px 4px; font-size: 15px; }
nav h2 { font-size: 15px; letter-spacing: 0; margin: 20px 0 4px; }
nav h2 a { color: var(--text); text-decoration: none; }
nav summary { display: none; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { display: flex; justify-content: space-between; align-items: baseline; gap: 10px; }
nav li a { color: var(--soft); text-decoration: none; padding: 4px 0; }
nav a:hover { color: var(--ours); text-decoration: underline; }
main { padding: 32px 0 96px; min-width: 0; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 22px 24px; margin: 18px 0; }
article:target { border-color: var(--ours); box-shadow: 0 0 0 1px var(--ours); }
.address { display: flex; flex-wrap: wrap; align-items: center; gap: 10px; }
.method { font: 650 11px/1 ui-monospace, SFMono-Regular, Menlo, monospace; color: var(--b); border: 1px solid currentcolor; border-radius: 6px; padding: 4px 6px; }
.method.post { color: var(--ours); } .method.delete { color: var(--bad); }
nav .method { border: 0; padding: 0; flex: none; }
dl { margin: 0; }
dl > div { display: grid; grid-template-columns: minmax(0, 180px) minmax(0, 1fr); gap: 4px 18px; padding: 9px 0; border-top: 1px solid var(--line); }
.replies > div { grid-template-columns: 48px minmax(0, 1fr); }
dt { font-weight: 600; } dd { margin: 0; font-size: 15px; overflow-wrap: anywhere; }
dd ul { margin: 0; padding-left: 18px; } dd li { margin: 4px 0; }
dd p { margin: 0 0 4px; }
.refusals { margin-top: 8px; } .refusals summary { color: var(--soft); font-size: 14px; }
@media (max-width: 860px) {
  .frame { display: block; padding: 0 16px; }
  header { padding: 12px 16px; position: static; }
  html { scroll-padding-top: 12px; }
  nav { position: static; max-height: none; padding: 16px 0 0; }
  nav summary { display: list-item; font-weight: 650; }
  article { padding: 18px 16px; margin: 14px 0; }
  dl.fields > div { grid-template-columns: minmax(0, 1fr); }
  h1 { font-size: 28px; }
}
`;
