/** @file One answer of the history: the two images, the choice, and a large view. */
import type { HistoryItem, RevealedImage } from "@pickapic/server/api";
import { useState } from "react";
import { Icon } from "../shell/icons.tsx";
import { LargeView } from "../viewer/largeView.tsx";
import { fileNameFor } from "./groups.ts";

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The card of an answer. A click on a picture opens the large view. */
export function Answer({ item }: { item: HistoryItem }) {
  const [large, setLarge] = useState(false);
  const picture = (side: "left" | "right") => {
    const image = item[side];
    return { url: image.url, label: image.model ?? (side === "left" ? "1" : "2"), alt: altOf(image, item, side) };
  };
  return (
    <li data-testid="history-item" className="card grid grid-cols-[minmax(0,1fr)] grid-rows-[1fr_auto] gap-2 p-3">
      <div className="grid grid-cols-2 gap-3">
        <Picture side="left" item={item} enlarge={() => setLarge(true)} />
        <Picture side="right" item={item} enlarge={() => setLarge(true)} />
      </div>
      <p className="flex flex-wrap justify-between gap-x-2 px-1 text-sm text-muted">
        <span>
          {item.choice === "tie" ? "Equally good" : `You picked the ${item.choice} one`}
          {item.tooFast && <strong className="block text-warn">Faster than anyone can look: it does not count.</strong>}
        </span>
        <time dateTime={item.createdAt}>{time.format(new Date(item.createdAt))}</time>
      </p>
      {large && <LargeView left={picture("left")} right={picture("right")} close={() => setLarge(false)} />}
    </li>
  );
}

/** An image that may still be judged has no model name yet, so that the next judgement stays blind. */
const madeBy = ({ model }: RevealedImage): string => (model ? `Picture by ${model}` : "Picture by a model not named yet");

function altOf(image: RevealedImage, item: HistoryItem, side: "left" | "right"): string {
  return `${madeBy(image)} for “${item.prompt}”${item.choice === side ? ", the one you picked" : ""}`;
}

interface PictureProps {
  side: "left" | "right";
  item: HistoryItem;
  enlarge: () => void;
}

function Picture({ side, item, enlarge }: PictureProps) {
  const image = item[side];
  const won = item.choice === side;
  const dimmed = !won && item.choice !== "tie";
  return (
    <figure className="grid min-w-0 content-start gap-1.5">
      <button
        type="button"
        aria-label={`Enlarge both pictures, ${side === "left" ? "left" : "right"}: ${madeBy(image)}`}
        className={`relative aspect-square cursor-zoom-in overflow-hidden rounded-xl bg-sunken ${won ? "ring-3 ring-accent" : ""}`}
        onClick={enlarge}
      >
        <img
          src={image.url}
          alt={altOf(image, item, side)}
          loading="lazy"
          className={`size-full object-contain ${dimmed ? "opacity-60" : ""}`}
        />
        {won && (
          <span className="absolute top-1.5 right-1.5 grid size-8 place-items-center rounded-full bg-accent text-on-accent">
            <Icon name="check" size={18} />
          </span>
        )}
      </button>
      <figcaption className="flex items-start justify-between gap-1 pl-1">
        <span className="min-w-0">
          {image.model === null ? (
            <span className="block text-sm text-muted">Not named yet</span>
          ) : (
            <strong className="block font-semibold wrap-anywhere">{image.model}</strong>
          )}
          {image.guidanceScale !== null && (
            <span className="block text-sm text-muted tabular-nums">guidance {image.guidanceScale.toFixed(1)}</span>
          )}
        </span>
        <a
          href={image.url}
          download={fileNameFor(item.prompt, image)}
          aria-label={`Download: ${madeBy(image)}`}
          className="button button-quiet size-11 shrink-0 px-0"
        >
          <Icon name="download" size={18} />
        </a>
      </figcaption>
    </figure>
  );
}
