/** @file Fréchet distance of two large sets of features, beside the time to compute the features, and its error against numpy in double precision. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gauss, seededRandom } from "../../packages/chance/src/index.ts";
import { type Features, frechetDistance, timesTransposed } from "../../packages/evaluation/src/index.ts";
import { openProduct } from "../../packages/experiments/src/measure/distances/product.ts";
import { peakMb, show, timed } from "./figure.ts";

const [IMAGES, WIDTH] = [10_000, 2048];

/** Features that are correlated, as those of a network are: a few shared factors, and noise of falling size. */
function draw(seed: number, shift: number): Features {
  const random = seededRandom(seed);
  const factors = Float64Array.from({ length: 16 * WIDTH }, () => gauss(random));
  const values = new Float32Array(IMAGES * WIDTH);
  for (let i = 0; i < IMAGES; i++) {
    const own = Array.from({ length: 16 }, () => gauss(random));
    for (let j = 0; j < WIDTH; j++) {
      const shared = own.reduce((sum, value, k) => sum + (value * (factors[k * WIDTH + j] ?? 0)) / (k + 1), 0);
      values[i * WIDTH + j] = shared + (gauss(random) * 10) / Math.sqrt(j + 1) + shift;
    }
  }
  return { values, count: IMAGES, width: WIDTH };
}

/** As published: eigenvalues of the product of the covariances. */
const NUMPY = `
import sys, numpy
x, y = (numpy.fromfile(f, dtype=numpy.float32).reshape(${IMAGES}, ${WIDTH}).astype(numpy.float64) for f in sys.argv[1:3])
a, b = numpy.cov(x, rowvar=False), numpy.cov(y, rowvar=False)
root = numpy.sqrt(numpy.maximum(numpy.linalg.eigvals(a @ b).real, 0)).sum()
print(((x.mean(0) - y.mean(0)) ** 2).sum() + numpy.trace(a) + numpy.trace(b) - 2 * root)
`;

/** The distance by numpy, or null without Python and numpy. PICKAPIC_PYTHON names the interpreter. */
function byNumpy(a: Features, b: Features): number | null {
  const folder = mkdtempSync(join(tmpdir(), "pickapic-frechet-"));
  try {
    const [x, y] = [join(folder, "x"), join(folder, "y")];
    writeFileSync(x, new Uint8Array(a.values.buffer));
    writeFileSync(y, new Uint8Array(b.values.buffer));
    const { status, stdout } = spawnSync(process.env.PICKAPIC_PYTHON ?? "python3", ["-c", NUMPY, x, y], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [a, b] = [draw(1, 0), draw(2, 0.05)];
const { product, close } = openProduct(timesTransposed);
const { value, seconds, cpuSeconds } = await timed(() => frechetDistance(a, b, { product }));
await close();
const memory = peakMb();
const reference = byNumpy(a, b);
show({
  what: "Fréchet distance",
  size: `${IMAGES.toLocaleString("en-US")} + ${IMAGES.toLocaleString("en-US")} images, ${WIDTH.toLocaleString("en-US")} features`,
  measured: `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time), ${memory.toFixed(0)} MB`,
  asked: "60 s",
});
show({
  what: "Fréchet distance, relative difference from numpy",
  size: "the same",
  measured: reference === null ? "not measured" : Math.abs(value / reference - 1).toExponential(1),
  asked: "1e-6",
  beside:
    reference === null ? "numpy is not installed (PICKAPIC_PYTHON names a Python that has it)" : `${value} and ${reference}`,
});
