/** @file Runs PyTorch and transformers in a Python process (peer.py). Each request and each reply is a line of JSON. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./peer.py", import.meta.url));
const PACKAGES = ["torch", "transformers", "pillow"];

/** Versions and hardware of the Python process. */
export interface PeerFacts {
  readonly python: string;
  readonly torch: string;
  readonly transformers: string;
  readonly threads: number;
  /** The best instruction set of this CPU that PyTorch uses. */
  readonly cpu: string;
  /** The device that PyTorch would use: "cuda", "mps" or "cpu". */
  readonly card: string;
}

export interface Peer {
  readonly facts: PeerFacts;
  /** @throws Error with Python's message */
  ask<T>(request: Readonly<Record<string, unknown>>): Promise<T>;
  close(): Promise<void>;
}

/** Starts Python with PyTorch. @returns the process, or a sentence with the reason why it cannot start */
export async function startPeer(threads: number, env: NodeJS.ProcessEnv = process.env): Promise<Peer | string> {
  const python = env.PICKAPIC_PYTHON ?? "python3";
  // Some machines set OPENBLAS_CORETYPE for NumPy. It would slow PyTorch down.
  const { OPENBLAS_CORETYPE: _, ...rest } = env;
  const found = spawnSync(python, ["-c", "import torch, transformers, PIL"], { env: rest, encoding: "utf8" });
  if (found.status !== 0) return missing(python, found.stderr ?? String(found.error));
  const child = spawn(python, [SCRIPT], { env: rest, stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(request: Readonly<Record<string, unknown>>): Promise<T> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended in the middle of ${request.do}`);
    const reply = JSON.parse(value) as T & { error?: string };
    if (reply.error !== undefined) throw new Error(`${python}: ${reply.error}`);
    return reply;
  };
  return {
    facts: await ask<PeerFacts>({ do: "facts", threads }),
    ask,
    async close() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}

function missing(python: string, stderr: string): string {
  const reason = stderr.trim().split("\n").at(-1);
  return `No peer: ${python} cannot import ${PACKAGES.join(", ")} (${reason}); \`pip install ${PACKAGES.join(" ")}\` and name that Python in PICKAPIC_PYTHON.`;
}
