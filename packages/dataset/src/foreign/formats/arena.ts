/**
 * @file Vote logs of arenas: model_a, model_b and winner (model_a, model_b, tie, "tie (bothbad)", both_bad), or one column for each
 * outcome (winner_model_a, winner_model_b, winner_tie); with a prompt, or the conversation whose first message is the prompt. A vote
 * that both are bad is a tie. Source: lmsys/chatbot_arena_conversations, lmarena-ai/arena-human-preference-55k and -100k on the
 * Hugging Face hub; fastchat/serve/monitor/clean_battle_data.py of lm-sys/FastChat on GitHub.
 */

import { shown } from "@pickapic/errors";
import { type Choice, choiceOf } from "../../tables/winner.ts";
import type { ForeignCells } from "../file.ts";
import { momentIn, numberIn } from "../meaning.ts";
import { type Format, fieldOf, listIn, perRow, textOf, unreadable } from "./format.ts";

const PROMPTS = ["prompt", "question", "text", "caption", "conversation_a", "conversation", "full_conversation"];
const PEOPLE = ["judge", "judge_hash", "user_id", "user", "annotator"];
const TIMES = ["tstamp", "timestamp", "created_at"];
const PICTURES = [["image_a", "image_b"], ["image_path_a", "image_path_b"]] as const; // biome-ignore format: a table

/** The reader of arenas' logs. */
export const ARENA: Format = {
  recognises: (columns) =>
    columns.has("model_a") &&
    columns.has("model_b") &&
    (columns.has("winner") || columns.has("winner_model_a")) &&
    !(columns.has("image_a") && columns.has("prompt")),
  read: perRow((cells) => {
    const models = [textOf(cells.model_a), textOf(cells.model_b)] as const;
    const choice = cells.winner === undefined ? outcomeOf(cells) : winnerOf(textOf(cells.winner), models);
    if (choice === undefined)
      return unreadable("LABELS", `winner must be model_a, model_b, tie or tie (bothbad); got ${shown(cells.winner)}`);
    const prompt = PROMPTS.map((name) => promptIn(cells[name])).find((text) => text !== "");
    const person = PEOPLE.map((name) => textOf(cells[name])).find((text) => text !== "");
    const createdAt = TIMES.map((name) => momentIn(cells[name], false)).find((time) => typeof time === "bigint");
    const pictures = PICTURES.find(([name]) => cells[name] !== undefined && cells[name] !== "");
    return [
      {
        caption: prompt ?? "",
        pictures: pictures ? [cells[pictures[0]], cells[pictures[1]]] : [null, null],
        choice,
        models: [models[0] || "unknown", models[1] || "unknown"],
        person: person ?? null,
        createdAt: createdAt ?? null,
        share: null,
      },
    ];
  }),
};

/** The winner as a word, or as the name of a model. */
function winnerOf(winner: string, models: readonly [string, string]): Choice | undefined {
  if (/^(tie \(both_?bad\)|both_?bad(_vote)?|tievote)$/i.test(winner)) return "tie";
  return choiceOf({ choice: winner, models, uids: ["", ""], paths: ["", ""] }, ["model_a", "model_b"], 0);
}

/** The winner of a row with a column for each outcome, of which exactly one is 1. */
function outcomeOf(cells: ForeignCells): Choice | undefined {
  const is = (name: string) => numberIn(cells[name]) === 1;
  const [a, b, tie] = [is("winner_model_a"), is("winner_model_b"), is("winner_tie")];
  if (Number(a) + Number(b) + Number(tie) !== 1) return undefined;
  return a ? 0 : b ? 1 : "tie";
}

/**
 * The first message that people wrote: text; a list of texts, also as JSON; a message {role, content}; a turn {user: {content}}; a
 * part {type, text}. "" when there is none.
 */
function promptIn(value: unknown): string {
  const list = listIn(value);
  if (list) return list.map(promptIn).find((text) => text !== "") ?? "";
  if (typeof value === "string") return value.trim();
  if (fieldOf(value, "role") === "system") return "";
  const inner = ["user", "content", "text"].map((name) => fieldOf(value, name)).find((each) => each !== undefined);
  return inner === undefined ? "" : promptIn(inner);
}
