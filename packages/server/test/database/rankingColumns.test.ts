import { rowsOf } from "@pickapic/dataset";
import { expect, test } from "vitest";
import type { CopiedRow } from "../../src/store/copied.ts";
import { OF_RANKING, RankingColumns } from "../../src/store/rankings.ts";

/** A row of a COPY of rankings as PostgreSQL sends it: null where the probability of the draw is not known. */
function copied(id: number, probability: number | null): CopiedRow {
  const bytes = new Uint8Array(16 * OF_RANKING.length);
  const view = new DataView(bytes.buffer);
  const starts = Int32Array.from(OF_RANKING, (_, field) => 16 * field);
  const lengths = new Int32Array(OF_RANKING.length).fill(16);
  const at = (name: (typeof OF_RANKING)[number]) => 16 * OF_RANKING.indexOf(name);
  view.setBigInt64(at("r.id"), BigInt(id));
  view.setFloat64(at("c.draw_probability"), probability ?? 0);
  if (probability === null) lengths[OF_RANKING.indexOf("c.draw_probability")] = -1;
  return { bytes, view, starts, lengths };
}

test("the probability of a draw is null where it is not known, also before the first one that is, and there is no column where none is", () => {
  const probabilities = [null, null, 0.25, null, 1];
  const columns = new RankingColumns();
  for (const [i, probability] of probabilities.entries()) columns.addRanking(copied(10 - i, probability));
  expect(Array.from(rowsOf(columns.block("")), (row) => row.draw_probability)).toEqual(probabilities.toReversed());
  const none = new RankingColumns();
  none.addRanking(copied(1, null));
  expect(none.block("").columns.has("draw_probability")).toBe(false);
});
