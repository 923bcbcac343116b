/** @file Measures scoring 64 files under a prompt, ViT-B/32 in float32, beside transformers' pipeline and its model called by hand, in the same batches. */
import { fieldOf, itemAt } from "../../packages/errors/src/index.ts";
import { loadScorer } from "../../packages/pickscore/src/index.ts";
import { inTurns, ratioOf, seconds, spreadOf, type Timed } from "./measure.ts";
import { modelOf } from "./models.ts";
import type { Peer } from "./peer.ts";
import { pictures } from "./pictures.ts";
import { type Row, ratioRow, type Surroundings } from "./report.ts";

const FILES = 64;
/** The largest allowed difference of a score. With random weights scores are about 1 to 10; both sides read the same pixels and weights. */
const TOLERANCE = 1e-2;

/** Files per batch on both sides. For their pipeline it was the fastest of 8, 16 and 32; ours runs it as two of 8. */
const BATCH = 16;

/** Two ways in which a user of transformers might score images. */
const THEIR_WAYS = [
  { key: "scoring", name: "pipeline", kind: "pipeline", asked: 1.3 },
  { key: "scoringByHand", name: "CLIPModel called by hand", kind: "scoring", asked: null },
] as const;

export async function measureScoring({ threads, rounds, say }: Surroundings, peer: Peer | null): Promise<Row[]> {
  if (!peer) return [];
  const model = await modelOf("vit-b-32", say);
  const files = await pictures(FILES, say);
  const scorer = await loadScorer(model, { threads });
  const theirs = await openTheirs(peer, model, files);
  say(`scoring: ${rounds} rounds of ${FILES} files`);
  await checkScores(await scorer.score(promptOf(-1), files), theirs.scores);
  let call = 0;
  const ours = () => seconds(() => scorer.score(promptOf(call++), files));
  const times = await inTurns<string>({ ours, ...theirs.sides }, rounds);
  await scorer.close();
  await theirs.close();
  return THEIR_WAYS.map(({ key, name, asked }): Row => {
    const what = `scoring, ViT-B/32 float32, 64 files / transformers' ${name}`;
    const [own, other] = [fieldOf(times, "ours"), fieldOf(times, name)];
    const rates = `${rateOf(own)} files/s; theirs: ${rateOf(other)} files/s`;
    return ratioRow(key, what, ratioOf(other, own), asked, rates);
  });
}

const rateOf = (times: readonly number[]): string => (FILES / spreadOf(times).median).toFixed(1);

/** Another prompt for each call, because our scorer caches the embeddings of prompts. */
const promptOf = (call: number): string => `two red apples on a meadow, number ${call}`;

async function openTheirs(peer: Peer, model: string, files: readonly string[]) {
  const sides: Record<string, Timed> = {};
  for (const { name, kind } of THEIR_WAYS) {
    await peer.ask({ do: "open", name, kind, model, batch: BATCH });
    sides[name] = async () =>
      (await peer.ask<{ seconds: number }>({ do: "step", name, prompt: promptOf(sidesCalled++), files })).seconds;
  }
  let sidesCalled = 0;
  const { scores } = await peer.ask<{ scores: number[] }>({
    do: "step",
    name: THEIR_WAYS[1].name,
    prompt: promptOf(-1),
    files,
  });
  return {
    sides,
    scores,
    async close() {
      for (const { name } of THEIR_WAYS) await peer.ask({ do: "close", name });
    },
  };
}

/** Checks that both sides compute the same scores; otherwise their speed cannot be compared. @throws Error when they differ */
function checkScores(ours: readonly number[], theirs: readonly number[]): void {
  const worst = Math.max(...ours.map((score, i) => Math.abs(score - itemAt(theirs, i))));
  if (!(worst <= TOLERANCE))
    throw new Error(`scoring: scores must be those of transformers within ${TOLERANCE}; one is ${worst} away`);
}
