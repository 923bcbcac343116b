/** @file What is wrong with the layout of a page: too wide, cut, overlapping, out of reach. Works in any page, knows nothing of ours. */
import type { Page } from "playwright-core";

export interface AuditOptions {
  /** Elements whose text may be cut, because there is another way to read it (a button, a field that scrolls). */
  mayCut?: string;
  /** px: the least size of what is touched. WCAG 2.5.8 asks for 24. */
  leastTarget?: number;
}

/** One sentence for each fault; empty when all is well. Looks at the page as it is, and scrolls through it. */
export function layoutFaults(page: Page, { mayCut = ".truncate", leastTarget = 24 }: AuditOptions = {}): Promise<string[]> {
  return page.evaluate(auditInPage, { mayCut, leastTarget });
}

/** Runs in the page. */
function auditInPage({ mayCut, leastTarget }: { mayCut: string; leastTarget: number }): string[] {
  const faults: string[] = [];
  const root = document.documentElement;
  const dialog = document.querySelector("dialog[open], [popover]:popover-open");
  const scope: Element = dialog ?? document.body;
  const named = (element: Element) => {
    const text = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.tagName.toLowerCase()} class="${String(element.getAttribute("class") ?? "").slice(0, 40)}"> “${text}”`;
  };
  const isShown = (element: Element) =>
    element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }) &&
    !element.closest(".sr-only, [aria-hidden=true] svg");
  const all = [...scope.querySelectorAll("*")].filter(isShown);

  /**
   * Words of up to 16 letters that go on in the next line although nothing allows it but a lack of room (longer ones may), and numbers
   * with their %, or with the other end of their interval ("1,145 to 1,247"), in the next line.
   */
  const brokenWords = (element: Element) =>
    [...element.childNodes].flatMap((node) =>
      node.nodeType !== Node.TEXT_NODE
        ? []
        : [
            ...(node.textContent ?? "").matchAll(
              /(?<![\p{L}\p{N}/])(?:\p{N}+\s%|[\p{N},.]{3,}\sto\s[\p{N},.]{3,}|[\p{Script=Latin}\p{N}]{2,16}(?![\p{L}\p{N}/]))/gu,
            ),
          ].flatMap(({ 0: word, index }) => {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            const lines = new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top)));
            return lines.size > 1 ? [word] : [];
          }),
    );

  if (root.scrollWidth > root.clientWidth) {
    const wide = all.filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 3);
    faults.push(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth} px: ${wide.map(named).join(", ")}`);
  }

  for (const element of all) {
    const style = getComputedStyle(element);
    const clips = style.overflowX === "hidden" || style.overflowY === "hidden" || style.overflowX === "clip";
    const scrolls = ["auto", "scroll"].includes(style.overflowY) || ["auto", "scroll"].includes(style.overflowX);
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    if (clips && !scrolls && hasText && !element.matches(mayCut) && element.tagName !== "svg") {
      const over = [element.scrollWidth - element.clientWidth, element.scrollHeight - element.clientHeight];
      if (element.clientWidth > 1 && Math.max(...over) > 1) faults.push(`cut: ${named(element)} by ${over.join(" x ")} px`);
    }
    if (!hasText) continue;
    for (const word of brokenWords(element)) faults.push(`a word broken in the middle: “${word}” in ${named(element)}`);
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.left < -1 || box.right > root.clientWidth + 1))
      faults.push(`text beyond the window: ${named(element)} from ${Math.round(box.left)} to ${Math.round(box.right)} px`);
  }

  const controls = all.filter((element) => element.matches("a[href], button, input, select, textarea, summary, [tabindex='0']"));
  for (const control of controls) {
    const target = control.matches("input") ? (control.closest("label") ?? control) : control;
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = target.getBoundingClientRect();
    const inline = control.matches("a") && getComputedStyle(control).display === "inline";
    if (!inline && (box.width < leastTarget - 0.5 || box.height < leastTarget - 0.5))
      faults.push(`small: ${named(control)} is ${Math.round(box.width)} x ${Math.round(box.height)} px`);
    const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 40)];
    const points = inline
      ? [...control.getClientRects()].map((rect) => [rect.left + rect.width / 2, rect.top + rect.height / 2])
      : [[x, y]];
    const hit = points.some(([px = 0, py = 0]) => {
      const top = document.elementFromPoint(px, py);
      return top !== null && (target.contains(top) || top.contains(target) || top.closest("label")?.contains(control) === true);
    });
    const covering = document.elementFromPoint(x, y);
    if (!hit)
      faults.push(
        `out of reach: ${named(control)} at ${Math.round(x)}, ${Math.round(y)}; there is ${covering ? named(covering) : "nothing"}`,
      );
  }
  scrollTo(0, 0);

  const leaves = all.filter((element) =>
    element.matches("a[href], button, h1, h2, p, label, dt, dd, td, th, li, .frame, figure img"),
  );
  // A link that goes on in the next line has a box for each line. The header and the bar of consent lie above the page on purpose.
  const boxes = leaves
    .filter((element) => !element.closest(".header, .consent-bar"))
    .map((element) => ({ element, rects: [...element.getClientRects()] }));
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      for (const one of a.rects) {
        for (const two of b.rects) {
          const w = Math.min(one.right, two.right) - Math.max(one.left, two.left);
          const h = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
          if (w > 2 && h > 2 && !a.element.contains(b.element) && !b.element.contains(a.element))
            faults.push(`overlapping by ${Math.round(w)} x ${Math.round(h)} px: ${named(a.element)} and ${named(b.element)}`);
        }
      }
    }
  }
  return faults;
}
