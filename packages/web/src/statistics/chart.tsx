/** @file One plot of Observable Plot in React, as wide as its place, allowed by a strict content security policy. */
import { type PlotOptions, plot } from "@observablehq/plot";
import { useEffect, useRef, useState } from "react";

/** Draws `options` anew when they or the width change. `label` is what a screen reader says. */
export function Chart({ options, label }: { options: PlotOptions; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  useEffect(() => {
    if (width === 0) return;
    const drawing = plot({ ...options, width, className: "plot", style: undefined });
    // The policy refuses style elements; styles.css holds the rules of this one. It has no effect before it is in the page.
    for (const style of drawing.querySelectorAll("style")) style.remove();
    // The whole is one image with one label; its parts have labels that make sense to programmers only.
    for (const part of drawing.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
    place.current?.replaceChildren(drawing);
  }, [options, label, width]);
  return <div ref={place} className="min-h-60 w-full" />;
}

/** px, 0 before the first layout */
function useWidth(place: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    if (place.current) watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [place]);
  return width;
}
