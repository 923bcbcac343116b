/** @file The style sheet of a contact sheet, for light and dark and for all screen sizes. */
import { BASE_STYLE } from "@pickapic/report/style";

/** The style sheet of a contact sheet, as text that its page carries inside. */
export const SHEET_STYLE = `${BASE_STYLE}
main { max-width: 1400px; margin: 0 auto; padding: 36px 24px 72px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; margin: 44px 0 14px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
header p { color: var(--soft); margin: 0; max-width: 80ch; }
.note { background: var(--note); border-radius: 10px; padding: 10px 14px; margin: 14px 0 0; max-width: 80ch; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 16px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; display: flex; flex-direction: column; }
figure:first-child { border-color: var(--ours); }
img, .none { width: 100%; aspect-ratio: 1; object-fit: contain; display: block; background: var(--well); }
a.picture { display: block; }
.none { display: grid; place-items: center; color: var(--soft); font-size: 14px; }
figcaption { padding: 10px 12px 12px; font-size: 14px; font-variant-numeric: tabular-nums; }
.line { display: flex; justify-content: space-between; align-items: baseline; gap: 8px; }
.line b { color: var(--soft); font-weight: 600; }
figure:first-child .line b { color: var(--ours); }
.score { font-size: 18px; font-weight: 650; letter-spacing: -0.01em; }
dl { margin: 4px 0 0; color: var(--soft); font-size: 13px; }
dl div { display: flex; justify-content: space-between; gap: 8px; }
dd { margin: 0; }
.name { margin-top: 6px; color: var(--soft); font-size: 12px; line-height: 1.35; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
ul { margin: 0; padding-left: 20px; color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
@media (max-width: 560px) {
  main { padding: 24px 14px 56px; }
  h1 { font-size: 24px; }
  h2 { font-size: 18px; margin-top: 32px; }
  .sheet { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  figcaption { padding: 8px 10px 10px; }
}
`;
