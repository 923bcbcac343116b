/**
 * @file Renders the small part of Markdown that the consent text uses: headings, paragraphs, lists, **bold**, `code`, [links]().
 */
import type { ReactNode } from "react";

/** One block of a text in Markdown. Its texts may contain inline markup. */
export type Block = { kind: "heading"; text: string } | { kind: "paragraph"; text: string } | { kind: "list"; items: string[] };

/** Splits a text into blocks. Unknown markup stays visible as text. */
export function parseMarkdown(text: string): Block[] {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/\n{2,}|\n(?=#{1,6} )|(?<=^#{1,6} .*)\n/m)
    .map((chunk) => chunk.trim())
    .filter((chunk) => chunk !== "")
    .flatMap(blocksOf);
}

function blocksOf(chunk: string): Block[] {
  if (/^#{1,6} /.test(chunk)) return [{ kind: "heading", text: chunk.replace(/^#+ /, "") }];
  const start = chunk.search(/^[-*] /m);
  if (start === -1) return [{ kind: "paragraph", text: chunk.replace(/\n/g, " ") }];
  const items = chunk
    .slice(start)
    .split(/^[-*] /m)
    .slice(1)
    .map((item) => item.trim().replace(/\s*\n\s*/g, " "));
  const lead = chunk.slice(0, start).trim().replace(/\n/g, " ");
  return [...(lead ? [{ kind: "paragraph" as const, text: lead }] : []), { kind: "list", items }];
}

const INLINE = /(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\((?:https?:\/\/|\/|mailto:)[^)\s]+\))/;

function inline(text: string): ReactNode[] {
  return text.split(INLINE).map((piece, index) => {
    const key = `${index}:${piece}`;
    if (piece.startsWith("**") && piece.length > 4) return <strong key={key}>{piece.slice(2, -2)}</strong>;
    if (piece.startsWith("`") && piece.length > 2) return <code key={key}>{piece.slice(1, -1)}</code>;
    const link = /^\[([^\]]+)\]\((.+)\)$/.exec(piece);
    if (!link) return piece;
    return (
      <a key={key} href={link[2]} className="link" rel="noreferrer">
        {link[1]}
      </a>
    );
  });
}

/** Shows a text in Markdown. Links open in the same tab; HTML is shown as text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="grid gap-3 leading-relaxed">
      {parseMarkdown(text).map((block) => (
        <BlockView key={block.kind === "list" ? block.items.join() : block.text} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  if (block.kind === "heading") return <h2 className="mt-2 text-xl font-bold">{inline(block.text)}</h2>;
  if (block.kind === "paragraph") return <p>{inline(block.text)}</p>;
  return (
    <ul className="grid list-disc gap-1.5 pl-5 marker:text-accent">
      {block.items.map((item) => (
        <li key={item}>{inline(item)}</li>
      ))}
    </ul>
  );
}
