/** @file A dataset with images: written from pictures in memory, and validated, with its pictures compared only and also decoded. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Random, randomFor } from "../../packages/chance/src/index.ts";
import { labelColumns, type RankingRecord, UNRECORDED, validateDataset, writeDataset } from "../../packages/dataset/src/index.ts";
import { show, timed } from "./figure.ts";

const RANKINGS = 1_000;
/** Rankings of one prompt. Each replaces one image, so that a prompt has one more image than rankings. */
const PER_PROMPT = 5;
/** Different pictures, of about 75 kB; a comment makes each image's bytes its own. */
const PICTURES = 16;
const SIDE = 512;

/** A JPEG of coloured noise over a few large areas, which is about as long as a photo of its size. */
async function picture(random: Random): Promise<Buffer> {
  const areas = await sharp(
    Uint8Array.from({ length: 8 * 8 * 3 }, () => 256 * random()),
    {
      raw: { width: 8, height: 8, channels: 3 },
    },
  )
    .resize(SIDE, SIDE)
    .raw()
    .toBuffer();
  const noisy = areas.map((value) => Math.max(0, Math.min(255, value + 24 * (random() - 0.5))));
  return sharp(noisy, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** The picture with a comment in it (marker FE, two bytes of length), behind the first marker. */
function commented(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, text.length + 2]), text, jpeg.subarray(2)]);
}

function ranking(i: number): RankingRecord {
  const prompt = Math.floor(i / PER_PROMPT);
  const [uid0, uid1] = [i % PER_PROMPT, (i % PER_PROMPT) + 1].map((k) => `image-${prompt}-${k}`);
  return {
    ...UNRECORDED,
    ...labelColumns(i % 2 === 0 ? 0 : 1, uid0 ?? "", uid1 ?? ""),
    ranking_id: BigInt(i + 1),
    user_id: BigInt(1 + Math.floor(prompt / 4)),
    created_at: 1_767_225_600_000_000_000n + BigInt(i) * 1_000_000_000n,
    caption: `prompt ${prompt} of ${(prompt * 7919) % 100_003}`,
    are_different: true,
    model_0: "model-0",
    model_1: "model-1",
    image_0_uid: uid0 ?? "",
    image_0_url: `https://pickapic.example.org/api/images/${uid0}`,
    image_1_uid: uid1 ?? "",
    image_1_url: `https://pickapic.example.org/api/images/${uid1}`,
  };
}

async function measure(out: string): Promise<void> {
  const random = randomFor("pictures of the bench", 0);
  const pictures = await Promise.all(Array.from({ length: PICTURES }, () => picture(random)));
  const pictureOf = (uid: string) => {
    const number = [...uid].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    return commented(pictures[number % PICTURES] ?? Buffer.alloc(0), uid);
  };
  const source = {
    async *records() {
      for (let i = 0; i < RANKINGS; i++) yield ranking(i);
    },
    readImage: async (uid: string) => pictureOf(uid),
  };
  const settings = { images: true, seed: 0, name: "Benchmark", license: "cc0-1.0" };
  const written = await timed(() => writeDataset(source, out, settings));
  const names = await readdir(join(out, "data"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(out, "data", name))).size));
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  const size = `${RANKINGS} rankings, ${megabytes.toFixed(0)} MB`;
  const rate = ({ seconds, cpuSeconds }: { seconds: number; cpuSeconds: number }) =>
    `${(megabytes / seconds).toFixed(0)} MB/s (${(megabytes / cpuSeconds).toFixed(0)} MB a second of processor time)`;
  show({ what: "export with images, from memory", size, measured: rate(written), asked: "" });
  for (const decodeImages of [false, true]) {
    const validated = await timed(() => validateDataset(out, { decodeImages }));
    const what = `validation with images${decodeImages ? ", decoded" : ""}, ${validated.value.length} findings`;
    show({ what, size, measured: rate(validated), asked: decodeImages ? "" : "200 MB/s" });
  }
}

const scratch = await mkdtemp(join(tmpdir(), "pickapic-measuring-"));
await measure(join(scratch, "dataset")).finally(() => rm(scratch, { recursive: true, force: true }));
