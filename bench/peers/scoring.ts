/** @file 64 files on disk to their scores under a prompt, ViT-B/32 in float32: ours beside transformers' pipeline, and beside its model called by hand. */
import { loadScorer } from "../../packages/pickscore/src/index.ts";
import { inTurns, ratioOf, seconds, spreadOf, type Timed } from "./measure.ts";
import { modelOf } from "./models.ts";
import type { Peer } from "./peer.ts";
import { pictures } from "./pictures.ts";
import { type Row, ratioRow, type Surroundings } from "./report.ts";

const FILES = 64;
/** Scores of random weights are about 1 to 10: both sides read the same pixels and weights. */
const TOLERANCE = 1e-2;

/** What a user of transformers might write, in batches of several sizes; of each kind ours is compared with the one whose median is the fastest. */
const THEIR_WAYS = ([8, 16, 32] as const).flatMap((batch) => [
  { name: `pipeline, batches of ${batch}`, kind: "pipeline", batch },
  { name: `CLIPModel, batches of ${batch}`, kind: "scoring", batch },
]);

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
  const row = (key: string, what: string, kind: string, asked: number | null): Row => {
    const ways = THEIR_WAYS.filter((way) => way.kind === kind).map(({ name }) => ({
      name,
      seconds: spreadOf(times[name]!).median,
    }));
    const best = ways.toSorted((a, b) => a.seconds - b.seconds)[0]!;
    return ratioRow(key, what, ratioOf(times[best.name]!, times.ours!), asked, noteOf(best, spreadOf(times.ours!).median));
  };
  const what = "scoring, ViT-B/32 float32, 64 files / transformers'";
  return [
    row("scoring", `${what} pipeline`, "pipeline", 1.3),
    row("scoringByHand", `${what} CLIPModel called by hand`, "scoring", null),
  ];
}

const noteOf = (best: { name: string; seconds: number }, ours: number): string =>
  `${rate(ours)} files/s; theirs: ${best.name}, ${rate(best.seconds)} files/s`;
const rate = (time: number): string => (FILES / time).toFixed(1);

/** A prompt of its own for each call: ours would remember the last. */
const promptOf = (call: number): string => `two red apples on a meadow, number ${call}`;

async function openTheirs(peer: Peer, model: string, files: readonly string[]) {
  const sides: Record<string, Timed> = {};
  for (const { name, kind, batch } of THEIR_WAYS) {
    await peer.ask({ do: "open", name, kind, model, batch });
    sides[name] = async () =>
      (await peer.ask<{ seconds: number }>({ do: "step", name, prompt: promptOf(sidesCalled++), files })).seconds;
  }
  let sidesCalled = 0;
  const { scores } = await peer.ask<{ scores: number[] }>({
    do: "step",
    name: "CLIPModel, batches of 8",
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

/** Two sides that do not compute the same cannot be compared. */
function checkScores(ours: readonly number[], theirs: readonly number[]): void {
  const worst = Math.max(...ours.map((score, i) => Math.abs(score - theirs[i]!)));
  if (!(worst <= TOLERANCE))
    throw new Error(`scoring: scores must be those of transformers within ${TOLERANCE}; one is ${worst} away`);
}
