/** @file Zooms and moves the pictures of the large view by mouse, wheel and touch. */
import { type Dispatch, type RefObject, type SetStateAction, useEffect } from "react";
import { dragged, type Point, type View, WHOLE, ZOOM_STEP, zoomedAt } from "./view.ts";

/** Pixels of wheel movement that double or halve the scale. */
const WHEEL_PX = 300;

/** Changes the view by gestures over `area`. Its frames have the class "frame". */
export function useGestures(area: RefObject<HTMLElement | null>, setView: Dispatch<SetStateAction<View>>): void {
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const stop = new AbortController();
    const listen = <K extends "pointerdown" | "pointermove" | "pointerup" | "pointercancel" | "wheel" | "dblclick">(
      kind: K,
      act: (event: HTMLElementEventMap[K], frame: DOMRect) => void,
    ) => {
      const hear = (event: HTMLElementEventMap[K]) => {
        const frame = frameOf(event.target);
        if (frame) act(event, frame);
      };
      // A passive listener could not keep the wheel from scrolling the page behind.
      element.addEventListener(kind, hear, { signal: stop.signal, passive: false });
    };
    followPointers(listen, setView);
    listen("wheel", (event, frame) => {
      event.preventDefault();
      setView((view) => zoomedAt(view, 2 ** (-event.deltaY / WHEEL_PX), pointOf(event, frame)));
    });
    listen("dblclick", (event, frame) => {
      setView((view) => (view.scale > 1 ? WHOLE : zoomedAt(view, ZOOM_STEP ** 3, pointOf(event, frame))));
    });
    return () => stop.abort();
  }, [area, setView]);
}

type PointerKind = "pointerdown" | "pointermove" | "pointerup" | "pointercancel";
type Listen = (kind: PointerKind, act: (event: PointerEvent, frame: DOMRect) => void) => void;

/** Follows the mouse and all fingers that are down. A finger's position is relative to the frame that it is over, because both frames show the same view. */
function followPointers(listen: Listen, setView: Dispatch<SetStateAction<View>>): void {
  const down = new Map<number, Point>();
  listen("pointerdown", (event, frame) => {
    event.preventDefault();
    if (event.target instanceof Element) event.target.setPointerCapture(event.pointerId);
    down.set(event.pointerId, pointOf(event, frame));
  });
  listen("pointermove", (event, frame) => {
    if (!down.has(event.pointerId)) return;
    const before = [...down.values()];
    down.set(event.pointerId, pointOf(event, frame));
    const after = [...down.values()];
    setView((view) => dragged(view, before, after));
  });
  const lift = (event: PointerEvent) => void down.delete(event.pointerId);
  listen("pointerup", lift);
  listen("pointercancel", lift);
}

function frameOf(target: EventTarget | null): DOMRect | null {
  return target instanceof Element ? (target.closest(".frame")?.getBoundingClientRect() ?? null) : null;
}

function pointOf({ clientX, clientY }: MouseEvent, { left, top, width, height }: DOMRect): Point {
  return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5 };
}
