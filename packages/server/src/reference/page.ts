/** @file Makes the page that describes the API from the OpenAPI document. It loads nothing from other sites. */

import { type Html, html } from "@pickapic/report/html";
import type { OpenAPIV3_1 } from "openapi-types";
import { type Call, callsOf } from "./calls.ts";
import { curlOf } from "./curl.ts";
import { exampleOf, type Field, fieldsOf, type Named, nameOf, prose, resolved, type Schema, typeOf } from "./schemas.ts";

type Document = OpenAPIV3_1.Document;

/** The path at which the page's style sheet is served. */
export const STYLE_URL = "/api/docs/style.css";

/**
 * Returns the page as HTML.
 * @param origin the origin of the server for the examples, such as https://pick.example.org
 * @param theme URL of the script of the pages that sets the chosen theme; null if no pages are built
 */
export function referencePage(document: Document, origin: string, theme: string | null): string {
  const calls = callsOf(document);
  const named = (document.components?.schemas ?? {}) as Named;
  const { title, version, description = "" } = document.info;
  const sections = (document.tags ?? []).map((tag) => ({
    ...tag,
    calls: calls.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API · ${title}</title>
${theme === null ? "" : html`<script src="${theme}"></script>`}
<link rel="stylesheet" href="${STYLE_URL}">
</head>
<body>
<a class="skip" href="#main">Skip to the operations</a>
<header><a class="brand" href="/">${title}</a><span class="soft">API ${version}</span><a href="/api/openapi.json">openapi.json</a></header>
<div class="frame">
<nav aria-label="Operations"><details open><summary>Operations</summary>${sections.map(navigation)}<h2><a href="#schemas">Schemas</a></h2></details></nav>
<main id="main">
<h1>${title} API</h1>
${description.split("\n\n").map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
${sections.map((section) => html`<section aria-labelledby="tag-${section.name}"><h2 id="tag-${section.name}">${capital(section.name)}</h2><p>${section.description ?? ""}</p>${section.calls.map((call) => callMarkup(call, named, origin))}</section>`)}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>${Object.keys(named)
    .sort()
    .map((name) => schemaMarkup(name, named))}</section>
</main>
</div>
</body>
</html>
`.markup;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function navigation({ name, calls }: { name: string; calls: readonly Call[] }): Html {
  const items = calls.map(
    ({ method, operation }) =>
      html`<li><a href="#${operation.operationId ?? ""}">${operation.summary ?? ""}</a>${badge(method)}</li>`,
  );
  return html`<h2><a href="#tag-${name}">${capital(name)}</a></h2><ul>${items}</ul>`;
}

function badge(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

const WHO: Readonly<Record<string, string>> = { session: "a session", operator: "the operator's token" };

function callMarkup(call: Call, named: Named, origin: string): Html {
  const { method, path, operation } = call;
  const id = operation.operationId ?? "";
  const needs = (operation.security ?? []).flatMap((each) => Object.keys(each)).map((name) => WHO[name] ?? name);
  return html`<article id="${id}" aria-labelledby="name-${id}">
<h3 id="name-${id}">${operation.summary ?? ""}</h3>
<p class="address">${badge(method)}<code>${path}</code></p>
<p>${prose(operation.description ?? "")}</p>
<p class="soft">${needs.length === 0 ? "Open to everybody." : `Needs ${needs.join(" or ")}.`}</p>
${parametersMarkup(operation)}
${bodyMarkup(operation, named)}
<h4>Example</h4>
<pre tabindex="0" aria-label="Example: ${operation.summary ?? ""}">${curlOf(call, named, origin)}</pre>
${repliesMarkup(operation, named)}
</article>`;
}

function parametersMarkup({ parameters = [] }: OpenAPIV3_1.OperationObject): Html | string {
  const rows = (parameters as OpenAPIV3_1.ParameterObject[]).map(
    ({ name, in: location, required = false, description, schema = {} }) => {
      const where = { path: "in the address", query: "after ?", header: "header", cookie: "cookie" }[location] ?? location;
      return row(
        { name, schema: { ...(schema as OpenAPIV3_1.SchemaObject), ...(description ? { description } : {}) }, required },
        where,
      );
    },
  );
  return rows.length === 0 ? "" : table("Parameters", rows);
}

function bodyMarkup({ requestBody }: OpenAPIV3_1.OperationObject, named: Named): Html | string {
  const schema = requestBody && "content" in requestBody ? requestBody.content["application/json"]?.schema : undefined;
  return schema
    ? table(
        "Body",
        fieldsOf(schema, named).map((field) => row(field)),
      )
    : "";
}

function table(title: string, rows: readonly Html[]): Html {
  return html`<h4>${title}</h4><dl class="fields">${rows}</dl>`;
}

function row({ name, schema, required }: Field, where = ""): Html {
  const description = "description" in schema ? (schema.description ?? "") : "";
  const notes = [where, required ? "" : "may be left out"].filter(Boolean).join(", ");
  return html`<div><dt><code>${name}</code></dt><dd>${typeOf(schema)}${notes === "" ? "" : html` <span class="soft">· ${notes}</span>`}${description === "" ? "" : html`<br>${prose(description)}`}</dd></div>`;
}

function repliesMarkup({ responses = {} }: OpenAPIV3_1.OperationObject, named: Named): Html {
  const replies = Object.entries(responses as Record<string, OpenAPIV3_1.ResponseObject>);
  const good = replies.filter(([status]) => Number(status) < 400);
  const refused = replies.filter(([status]) => Number(status) >= 400);
  return html`<h4>Replies</h4>
<dl class="replies">${good.map(([status, reply]) => html`<div><dt><code>${status}</code></dt><dd>${replyMarkup(reply, named)}</dd></div>`)}</dl>
<details class="refusals"><summary>Refusals: ${refused.map(([status]) => status).join(", ")}</summary>
<dl class="replies">${refused.map(([status, { description }]) => html`<div><dt><code>${status}</code></dt><dd>${lines(description)}</dd></div>`)}</dl></details>`;
}

/** Returns a description as HTML. Lines that begin with "- " become items of a list. */
function lines(text: string): Html {
  const all = text.split("\n").filter(Boolean);
  const items = all.filter((line) => line.startsWith("- ")).map((line) => html`<li>${prose(line.slice(2))}</li>`);
  return html`${all.filter((line) => !line.startsWith("- ")).map((line) => html`<p>${prose(line)}</p>`)}<ul>${items}</ul>`;
}

function replyMarkup({ description, content = {} }: OpenAPIV3_1.ResponseObject, named: Named): Html {
  const [type, { schema } = {}] = Object.entries(content)[0] ?? [];
  if (type === undefined || !schema) return html`${prose(description)}`;
  const name = nameOf(schema);
  const example = name === undefined ? "" : exampleMarkup(schema, named);
  return html`${prose(description)} <span class="soft">${type}</span>${name === undefined ? "" : html` ${typeOf(schema)}`}${example}`;
}

function exampleMarkup(schema: Schema, named: Named): Html {
  const name = nameOf(schema) ?? "";
  return html`<details><summary>Example</summary><pre tabindex="0" aria-label="Example: ${name}">${JSON.stringify(exampleOf(schema, named), null, 2)}</pre></details>`;
}

function schemaMarkup(name: string, named: Named): Html {
  const schema = named[name] ?? {};
  const { description = "" } = resolved(schema, named);
  const rows = fieldsOf(schema, named).map((field) => row(field));
  return html`<article id="schema-${name}" aria-labelledby="name-schema-${name}"><h3 id="name-schema-${name}">${name}</h3><p>${prose(description)}</p>${rows.length > 0 ? html`<dl class="fields">${rows}</dl>` : html`<p>${typeOf(schema)}</p>`}</article>`;
}
