/**
 * @file Speed of a whole training step (forward, backward, AdamW) beside the machine's own matrix product, interleaved in one run. `--json`.
 *
 * FLOPs counted: 2mnk for each matrix product of the forward pass (linear layers, attention scores, attention mixing), and twice that for the
 * backward pass (one product for the gradient by each factor). Softmax, normalisation, GELU, biases, residuals and AdamW (with the gradient
 * norm) take time but are not counted, so the ratio is a lower bound.
 */
import { availableParallelism, cpus } from "node:os";
import { Graph, gradients, openSession, type Value } from "@pickapic/graph";
import { type Arena, createArena, type Lane, openAdamW } from "@pickapic/pickscore";
import { itemAt } from "../packages/errors/src/index.ts";
import { benchOptions } from "./options/options.ts";

const options = benchOptions({ json: { type: "boolean", default: false } });

const tower = { layers: 12, width: 768, tokens: 50, heads: 12, mlp: 3072, batch: 16 };
const matmulSize = 1024;
/** The number of rounds. Each measures a burst of matrix products and a training step. */
const rounds = 9;
/** Matrix products in a burst, which together take about a third of a second. */
const burst = 20;
const threads = availableParallelism();

type Parameters = Map<string, Value>;
type Work = () => Promise<void>;

/** Builds a tower of pre-norm transformer layers. */
class Tower {
  readonly g = new Graph("step");
  readonly parameters: Parameters = new Map();

  #parameter(name: string, shape: readonly number[]): Value {
    const value = this.g.input(name, "float32", shape);
    this.parameters.set(name, value);
    return value;
  }

  #linear(name: string, x: Value, width: number): Value {
    const weight = this.#parameter(`${name}.weight`, [width, itemAt(x.shape, x.shape.length - 1)]);
    return this.g.linear(x, weight, this.#parameter(`${name}.bias`, [width]));
  }

  #norm(name: string, x: Value): Value {
    const width = [itemAt(x.shape, x.shape.length - 1)];
    return this.g.layerNorm(x, this.#parameter(`${name}.weight`, width), this.#parameter(`${name}.bias`, width), 1e-5);
  }

  /** [batch, tokens, width] -> [batch, heads, tokens, width / heads] */
  #heads(x: Value): Value {
    const { batch, tokens, width, heads } = tower;
    return this.g.transpose(this.g.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
  }

  #attention(name: string, x: Value): Value {
    const { g } = this;
    const { width, heads } = tower;
    const part = (which: string) => this.#heads(this.#linear(`${name}.${which}`, x, width));
    const scores = g.fusedMatmul(part("q"), part("k"), { transB: 1, alpha: Math.sqrt(heads / width) });
    const mixed = g.transpose(g.matmul(g.softmax(scores), part("v")), [0, 2, 1, 3]);
    return this.#linear(`${name}.out`, g.reshape(mixed, x.shape), width);
  }

  layer(name: string, x: Value): Value {
    const y = this.g.add(x, this.#attention(name, this.#norm(`${name}.norm1`, x)));
    const hidden = this.g.gelu(this.#linear(`${name}.fc1`, this.#norm(`${name}.norm2`, y), tower.mlp));
    return this.g.add(y, this.#linear(`${name}.fc2`, hidden, tower.width));
  }
}

/** The graph of a loss (a mean square) and of its gradients "d <name>" by all parameters. */
function stepGraph(): Tower {
  const built = new Tower();
  const { g, parameters } = built;
  let x: Value = g.input("x", "float32", [tower.batch, tower.tokens, tower.width]);
  for (let i = 0; i < tower.layers; i++) x = built.layer(`layer${i}`, x);
  const loss = g.mean(g.mul(x, x));
  g.output("loss", loss);
  const names = [...parameters.keys()];
  for (const [i, dx] of gradients(g, loss, [...parameters.values()]).entries()) g.output(`d ${names[i]}`, dx);
  return built;
}

const random = (size: number, scale: number): Float32Array =>
  Float32Array.from({ length: size }, () => scale * (Math.random() - 0.5));

/** Opens a training step: one session computes loss and gradients, then PickScore's AdamW updates the parameters. */
async function openStep(): Promise<Work> {
  const { g, parameters } = stepGraph();
  const shapes = new Map([...parameters].map(([name, { shape }]) => [name, shape]));
  const arena = (lane: Lane) => createArena(shapes, lane);
  const state = { parameters: arena("parameters"), expAvg: arena("expAvg"), expAvgSq: arena("expAvgSq") };
  const slopes = arena("gradients");
  for (const view of state.parameters.views.values()) view.set(random(view.length, 0.05));
  const session = await openSession(g, { threads });
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 1, threads, spin: true };
  const adamW = openAdamW(state, slopes, settings);
  const named = ({ views }: Arena, prefix = "") => Object.fromEntries([...views].map(([name, view]) => [prefix + name, view]));
  const feeds = { x: random(tower.batch * tower.tokens * tower.width, 2), ...named(state.parameters) };
  const results = { loss: new Float32Array(1), ...named(slopes, "d ") };
  let step = 0;
  return async () => {
    await session.run(feeds, results);
    adamW.update(step++, 3e-6);
  };
}

async function openMatmuls(): Promise<Work> {
  const g = new Graph("matmul");
  const shape = [matmulSize, matmulSize];
  g.output("y", g.matmul(g.input("a", "float32", shape), g.input("b", "float32", shape)));
  const session = await openSession(g, { threads });
  const [a, b, y] = [random(matmulSize ** 2, 1), random(matmulSize ** 2, 1), new Float32Array(matmulSize ** 2)];
  return async () => {
    for (let i = 0; i < burst; i++) await session.run({ a, b }, { y });
  };
}

function stepFlops(): number {
  const { layers, width, tokens, mlp, batch } = tower;
  const linear = 2 * batch * tokens * (4 * width * width + 2 * width * mlp);
  const attention = 2 * 2 * batch * tokens * tokens * width;
  return 3 * layers * (linear + attention);
}

async function gflops(flops: number, work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return flops / (performance.now() - start) / 1e6;
}

const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b);
const median = (list: readonly number[]) => itemAt(sorted(list), list.length >> 1);

interface Rates {
  readonly matmul: number[];
  readonly step: number[];
}

async function measure(): Promise<Rates> {
  const [matmuls, step] = [await openMatmuls(), await openStep()];
  await matmuls();
  await step();
  const rates: Rates = { matmul: [], step: [] };
  for (let i = 0; i < rounds; i++) {
    rates.matmul.push(await gflops(burst * 2 * matmulSize ** 3, matmuls));
    rates.step.push(await gflops(stepFlops(), step));
  }
  return rates;
}

function printTable({ matmul, step }: Rates): void {
  const row = (what: string, size: string, list: number[]) => {
    const spread = `${itemAt(sorted(list), 0).toFixed(0)} ... ${sorted(list).at(-1)!.toFixed(0)}`;
    return `${what.padEnd(16)}${size.padEnd(54)}${median(list).toFixed(1).padStart(8)}   ${spread}`;
  };
  const { layers, width, tokens, heads, mlp, batch } = tower;
  console.log(`${"what".padEnd(16)}${"size".padEnd(54)}${"GFLOP/s".padStart(8)}   spread of ${rounds}`);
  console.log(row("matrix product", `${matmulSize} x ${matmulSize}, float32`, matmul));
  console.log(row("training step", `${layers} x ${width}, ${heads} heads, MLP ${mlp}, ${tokens} tokens, batch ${batch}`, step));
  console.log(
    `ratio of the medians ${(median(step) / median(matmul)).toFixed(3)}; ${itemAt(cpus(), 0).model.trim()}, ${threads} threads`,
  );
}

const rates = await measure();
const [matmulGflops, stepGflops] = [median(rates.matmul), median(rates.step)];
if (options.json) console.log(JSON.stringify({ matmulGflops, stepGflops, ratio: stepGflops / matmulGflops }));
else printTable(rates);
