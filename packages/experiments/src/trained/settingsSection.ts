/** @file The last section of a run's report: settings, data, versions. */
import { tooFew } from "@pickapic/evaluation";
import { SETTINGS } from "@pickapic/pickscore/settings";
import { percent, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import type { RunReport } from "./runReport.ts";

/** Settings that name folders; they do not change the result. */
const FOLDERS = new Set(["dataset", "out"]);

/** Settings, the different ones first; data; versions and checksums. */
export function settingsSection({ run, facts }: Pick<RunReport, "run" | "facts">): Html {
  const { settings } = run;
  const { versions, dataset, init, execution } = run.record;
  const table: Readonly<Record<string, { default: unknown; does: string; paper?: string }>> = SETTINGS;
  const all = Object.entries(settings).filter(([name]) => !FOLDERS.has(name));
  const differs = ([name, value]: [string, unknown]) => value !== table[name]?.default;
  const [changed, usual] = [all.filter(differs), all.filter((entry) => !differs(entry))];
  return html`<h2>What was trained on what</h2>
<dl><dt>model to start from</dt><dd>${settings.init}${checksumText(init)}</dd>
<dt>dataset</dt><dd>${settings.dataset}${checksumText(dataset)}</dd>
${facts ? html`<dt>in the dataset</dt><dd>${datasetText(facts)}</dd>` : ""}
${execution ? html`<dt>device</dt><dd>${execution.device}, products in ${execution.precision}</dd>` : ""}
${Object.entries(versions).map(([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>`)}</dl>
<h3>Settings that differ from the defaults</h3>
${
  changed.length === 0
    ? html`<p>None.</p>`
    : html`<div class="scroll"><table><tr><th>setting</th><th>value</th><th>default</th><th class="words">about it</th></tr>
${changed.map(([name, value]) => html`<tr><td>${name}</td><td>${String(value)}</td><td>${String(table[name]?.default ?? "")}</td><td class="words">${aboutSetting(table[name])}</td></tr>`)}</table></div>`
}
<details><summary>The other ${usual.length} settings have their defaults</summary>
<dl>${usual.map(([name, value]) => html`<dt>${name}</dt><dd>${String(value)}</dd>`)}</dl></details>`;
}

const aboutSetting = (setting: { does: string; paper?: string } | undefined): string =>
  setting ? `${setting.does}${setting.paper === undefined ? "" : ` (paper: ${setting.paper})`}` : "";

function datasetText({ rankings, ties, people, train, trained, models }: NonNullable<RunReport["facts"]>): string {
  const share = trained.pairs < train.pairs ? `, of which ${thousands(trained.pairs)} were trained on` : "";
  const shown = models.slice(0, 8).join(", ") + (models.length > 8 ? ", …" : "");
  return `${thousands(rankings)} rankings of ${thousands(people)} people, ${tiesText(ties, rankings)}; train has ${thousands(train.pairs)}${share}; images of ${shown}`;
}

/** The ties with their share, which fewer than 30 rankings do not have. */
const tiesText = (ties: number, rankings: number): string =>
  `${thousands(ties)} ties${tooFew(rankings) === null ? ` (${percent(ties / rankings)})` : ""}`;

/** " · sha256 of SHA256SUMS 1a2b…": enough to tell two apart; run.json has all of it. */
function checksumText(sums: Readonly<Record<string, string>> | undefined): Html | string {
  const [first, ...more] = Object.entries(sums ?? {});
  if (!first) return "";
  const others = more.length > 0 ? ` and ${more.length} more in run.json` : "";
  return html` <span class="soft">· ${first[0]} has sha256 <code>${first[1].slice(0, 16)}…</code>${others}</span>`;
}
