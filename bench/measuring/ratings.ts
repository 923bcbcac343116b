/** @file A million answers about 50 models: ratings with crossed jackknife intervals, and 1,000 bootstrap draws of people and prompts. */
import { seededRandom } from "../../packages/chance/src/index.ts";
import { bradleyTerry } from "../../packages/evaluation/src/index.ts";
import { peakMb, show, timed } from "./figure.ts";
import { drawAnswers, MILLION } from "./million.ts";

const games = drawAnswers(MILLION, seededRandom(1));
const size = "1,000,000 answers, 50 models";
const seconds = ({ seconds, cpuSeconds }: { seconds: number; cpuSeconds: number }) =>
  `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time)`;

show({ what: "ratings with crossed intervals", size, measured: seconds(await timed(() => bradleyTerry(games))), asked: "" });
const bootstrap = { draws: 1000, random: seededRandom(2) };
const drawn = await timed(() => bradleyTerry(games, { bootstrap }));
show({ what: "ratings with 1,000 crossed draws", size, measured: seconds(drawn), asked: "5 s" });
show({ what: "memory of these ratings", size, measured: `${peakMb().toFixed(0)} MB`, asked: "300 MB" });
