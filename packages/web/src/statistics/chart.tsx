/** @file Shows a plot of Observable Plot as a React component, in a way that a strict content security policy allows. */
import { type PlotOptions, plot } from "@observablehq/plot";
import { useEffect, useRef, useState } from "react";

/** A plot as wide as its container. It is drawn again when `options` or the width change. `label` is its text for screen readers. */
export function Chart({ options, label }: { options: PlotOptions; label: string }) {
  const container = useRef<HTMLDivElement>(null);
  const width = useWidth(container);
  useEffect(() => {
    if (width === 0) return;
    const drawing = plot({ ...options, width, className: "plot", style: undefined });
    // The content security policy refuses style elements, so this one is removed before it is in the page. styles.css has its rules.
    for (const style of drawing.querySelectorAll("style")) style.remove();
    // The plot is one image with one label. Plot's own labels of its parts make sense to programmers only.
    for (const part of drawing.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
    container.current?.replaceChildren(drawing);
  }, [options, label, width]);
  return <div ref={container} className="min-h-60 w-full" />;
}

/** The width of an element in px; 0 before the first layout. */
function useWidth(container: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    if (container.current) watcher.observe(container.current);
    return () => watcher.disconnect();
  }, [container]);
  return width;
}
