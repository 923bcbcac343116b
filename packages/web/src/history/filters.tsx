/** @file Filters of the history by words of the prompt and by choice. */
import type { Choice } from "@pickapic/server/api";
import { useEffect, useState } from "react";
import type { HistoryFilter } from "../http/queries.ts";

/** The pause between the last key press and the search, in ms. */
const SEARCH_AFTER_MS = 300;

const choices: [choice: Choice | "", words: string][] = [
  ["", "All answers"],
  ["left", "Left picked"],
  ["right", "Right picked"],
  ["tie", "Equally good"],
];

/** The filter fields. `change` is called when the person stops typing, and immediately for another choice. */
export function Filters({ filter, change }: { filter: HistoryFilter; change: (filter: HistoryFilter) => void }) {
  const [search, setSearch] = useState(filter.search);
  useEffect(() => {
    if (search === filter.search) return;
    const timer = setTimeout(() => change({ ...filter, search }), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [search, filter, change]);
  return (
    <search className="flex min-w-0 flex-wrap gap-3" aria-label="My history">
      <label className="grid min-w-0 gap-1 text-sm font-semibold text-muted">
        Search in prompts
        <input
          type="search"
          data-testid="history-search"
          className="field w-64 max-w-full"
          value={search}
          maxLength={1_000}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <label className="grid gap-1 text-sm font-semibold text-muted">
        Show
        <select
          data-testid="history-choice"
          className="field"
          value={filter.choice ?? ""}
          onChange={(event) => change({ search, choice: choiceOf(event.currentTarget.value) })}
        >
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

function choiceOf(value: string): Choice | null {
  return choices.map(([choice]) => choice).find((choice): choice is Choice => choice !== "" && choice === value) ?? null;
}
