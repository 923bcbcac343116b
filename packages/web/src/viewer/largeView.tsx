/** @file The large view: both pictures over the whole window, beside each other or in the same place, zoomed and moved together. */
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { proportions } from "../judge/pair/proportions.ts";
import { Icon, type IconName } from "../shell/icons.tsx";
import { KeyCap } from "../shell/keyCap.tsx";
import { useGestures } from "./gestures.ts";
import { MOST_SCALE, MOVE_STEP, movedBy, transformOf, type View, WHOLE, ZOOM_STEP, zoomedAt } from "./view.ts";

/** A picture of the large view. */
export interface LargePicture {
  url: string;
  /** The text for screen readers. */
  alt: string;
  /** The text over the picture. */
  label: string;
  /** Size in px; missing in the history, which does not know it. */
  width?: number;
  height?: number;
}

interface LargeViewProps {
  left: LargePicture;
  right: LargePicture;
  close: () => void;
  /** More buttons for the bar below the pictures. */
  children?: ReactNode;
  /** Called for each key press that the view itself does not use. */
  onKey?: (event: KeyboardEvent) => void;
}

/** Which picture lies on top; null: both beside each other. */
type Front = "left" | "right" | null;

/** Shows the large view while it is mounted. `close` is called when the person closes it, also by Escape. */
export function LargeView({ left, right, close, children, onKey }: LargeViewProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const [view, setView] = useState(WHOLE);
  const [front, setFront] = useState<Front>(null);
  useOpenDialog(dialog);
  useGestures(area, setView);
  useForEachPair(left.url, right.url, () => {
    setView(WHOLE);
    setFront(null);
  });
  const flip = () => setFront(front === "left" ? "right" : "left");
  const press = (event: KeyboardEvent) => {
    const moved = viewAfterKey(view, event);
    if (moved) setView(moved);
    else if (isPlain(event, "f")) flip();
    else if (isPlain(event, "e")) dialog.current?.close();
    else return onKey?.(event);
    event.preventDefault();
  };
  const pictures = { left, right };
  return (
    <dialog ref={dialog} aria-label="Both pictures, large" className="large-view" onClose={close} onKeyDown={press}>
      <div ref={area} className="stage">
        <div className={`pair ${front ? "pair-flipped" : ""}`} style={proportionsOf(left, right)}>
          {(["left", "right"] as const).map((side) => (
            <LargeFrame key={side} picture={pictures[side]} view={view} hidden={front !== null && front !== side} />
          ))}
        </div>
      </div>
      <div className="large-bar">
        <Tool icon="zoomOut" label="Zoom out" disabled={view.scale <= 1} act={() => setView(zoomedAt(view, 1 / ZOOM_STEP))} />
        <output className="hidden w-14 text-center tabular-nums sm:inline" aria-label="Zoom">
          {Math.round(view.scale * 100)}&nbsp;%
        </output>
        <Tool icon="zoomIn" label="Zoom in" disabled={view.scale >= MOST_SCALE} act={() => setView(zoomedAt(view, ZOOM_STEP))} />
        <Tool icon="flip" label="Flip: the other picture in the same place" keyName="F" name="Flip" act={flip} />
        {front && <Tool icon="beside" label="Both pictures beside each other" name="Both" act={() => setFront(null)} />}
        {children}
        <Tool icon="close" label="Close" name="Close" keyName="Esc" act={() => dialog.current?.close()} />
      </div>
    </dialog>
  );
}

/** Opens a native modal dialog, which keeps the focus and returns it on closing. */
function useOpenDialog(dialog: RefObject<HTMLDialogElement | null>): void {
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, [dialog]);
}

/** Calls `begin` when the pictures change, but not for the first ones. */
function useForEachPair(left: string, right: string, begin: () => void): void {
  const latest = useRef(begin);
  const seen = useRef(`${left} ${right}`);
  useEffect(() => {
    latest.current = begin;
  });
  useEffect(() => {
    if (seen.current !== `${left} ${right}`) latest.current();
    seen.current = `${left} ${right}`;
  }, [left, right]);
}

const moves: Record<string, [x: number, y: number]> = {
  ArrowLeft: [MOVE_STEP, 0],
  ArrowRight: [-MOVE_STEP, 0],
  ArrowUp: [0, MOVE_STEP],
  ArrowDown: [0, -MOVE_STEP],
};

/** The view after a key that zooms or moves; null for any other key. */
export function viewAfterKey(
  view: View,
  { key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
): View | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "+" || key === "=") return zoomedAt(view, ZOOM_STEP);
  if (key === "-") return zoomedAt(view, 1 / ZOOM_STEP);
  const move = moves[key];
  return move ? movedBy(view, { x: move[0], y: move[1] }) : null;
}

function isPlain({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, letter: string): boolean {
  return key.toLowerCase() === letter && !ctrlKey && !metaKey && !altKey;
}

function proportionsOf(left: LargePicture, right: LargePicture) {
  const known = [left, right].flatMap(({ width, height }) => (width && height ? [{ width, height }] : []));
  return proportions(known.length > 0 ? known : [{ width: 1, height: 1 }]);
}

function LargeFrame({ picture: { url, alt, label }, view, hidden }: { picture: LargePicture; view: View; hidden: boolean }) {
  return (
    <div className="frame frame-large" hidden={hidden}>
      <img src={url} alt={alt} draggable={false} style={{ transform: transformOf(view) }} />
      <span className="frame-label" aria-hidden="true">
        {label}
      </span>
    </div>
  );
}

interface ToolProps {
  icon: IconName;
  label: string;
  /** The text beside the icon, where there is room. */
  name?: string;
  keyName?: string;
  disabled?: boolean;
  act: () => void;
}

/** A button of the bar. */
function Tool({ icon, label, name, keyName, disabled = false, act }: ToolProps) {
  return (
    <button
      type="button"
      className="button button-quiet action"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={act}
    >
      <Icon name={icon} />
      {name && <span className="action-name">{name}</span>}
      {keyName && <KeyCap name={keyName} />}
    </button>
  );
}
