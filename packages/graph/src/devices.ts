/**
 * @file Which devices start, and which is the fastest. Each is tried in a child process, because drivers print a lot and a broken
 * one ends its process.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { env, listSupportedBackends } from "onnxruntime-node";
import { GraphError } from "./errors.ts";

/** Where a graph runs, as a user may ask for it. "auto" is the fastest that starts; "coreml" needs a Mac, "dml" needs Windows. */
export type Device = "auto" | "cpu" | "cuda" | "webgpu" | "coreml" | "dml";
/** A device that "auto" may become, or that a user named. */
export type RealDevice = Exclude<Device, "auto">;

/** Speed of matrix products, GFLOP/s; null when the device has no float16. */
export interface DeviceSpeed {
  readonly float32: number;
  readonly float16: number | null;
}

/** What trying a device found out: whether it starts, and how fast it multiplies matrices. */
export interface DeviceFacts {
  /** Why the device does not start; empty when it does. */
  readonly reason: string;
  /** Null when it was not measured. */
  readonly speed: DeviceSpeed | null;
}

/** Finds out whether a device starts and, if `measure` is set, how fast it is. */
export type Probe = (device: RealDevice, measure: boolean) => Promise<DeviceFacts>;

/** The devices that this build of ONNX Runtime supports, cpu among them. */
export const availableDevices = (): string[] => listSupportedBackends().map((backend) => backend.name);

/** The version of ONNX Runtime, such as "1.30.0". */
export const runtimeVersion = (): string => env.versions.node ?? env.versions.common;

/** What to do when a device does not start. */
const REMEDIES: Readonly<Record<RealDevice, string>> = {
  cpu: "Reinstall onnxruntime-node.",
  cuda: 'It needs an NVIDIA card with its driver, CUDA 12, cuDNN 9, and "npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12"; or choose "cpu" or "auto".',
  webgpu: 'It needs a graphics card with its driver (on Linux also the Vulkan loader, libvulkan1); or choose "cpu" or "auto".',
  coreml: 'It needs a Mac; choose "cpu" or "auto".',
  dml: 'It needs Windows; choose "cpu" or "auto".',
};

/** Whether a text names a device other than "auto". */
export const isRealDevice = (name: string | undefined): name is RealDevice => name !== undefined && Object.hasOwn(REMEDIES, name);

/** Returns the error for a device that does not start. */
export const deviceMissing = (device: RealDevice, reason: string): GraphError =>
  new GraphError("PICKAPIC_GRAPH_DEVICE_MISSING", device, reason, REMEDIES[device]);

/** Returns why it is pointless to try a device; empty when it may start. */
export function absence(device: RealDevice): string {
  if (!availableDevices().includes(device)) return "this build of ONNX Runtime does not have it";
  return device === "cuda" && process.platform === "linux" && !existsSync(cudaLibrary())
    ? "ONNX Runtime's CUDA library is not installed"
    : "";
}

function cudaLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(root, "bin/napi-v6", process.platform, process.arch, "libonnxruntime_providers_cuda.so");
}

/** Returns the readable end of the runtime's message, without the positions in the runtime's source that it begins with. */
export const reasonOf = (error: unknown): string =>
  firstLine(error)
    .replace(/^.* was false\. /, "")
    .replace(/[.\s]+$/, "");

/** The first line of an error's message, or of anything else that was thrown, as text. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\n[\s\S]*/, "");

/** How long a device may take to start and to be measured. The first start compiles shaders. */
const PROBE_TIMEOUT_MS = 120_000;

const probeInChild: Probe = async (device, measure) => {
  const reason = absence(device);
  if (reason) return { reason, speed: null };
  const script = fileURLToPath(new URL("./deviceProbe.ts", import.meta.url));
  return new Promise((resolve) => {
    // Drivers print to stderr; its pipe is not read.
    const child = execFile(
      process.execPath,
      [script, device, measure ? "measure" : "start"],
      { timeout: PROBE_TIMEOUT_MS },
      (error, stdout) => {
        const end = child.signalCode
          ? `its driver ended the process (${child.signalCode})`
          : reasonOf(error ?? "it says nothing");
        resolve(parseFacts(stdout) ?? { reason: end, speed: null });
      },
    );
  });
};

/** Reads the last line of the probe; null when the probe ended before it wrote one, or when a driver wrote the last line. */
function parseFacts(stdout: string): DeviceFacts | null {
  try {
    const facts: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    return isFacts(facts) ? facts : null;
  } catch {
    return null;
  }
}

const isFacts = (value: unknown): value is DeviceFacts =>
  isObject(value) && typeof value.reason === "string" && (value.speed === null || isSpeed(value.speed));

const isSpeed = (value: unknown): value is DeviceSpeed =>
  isObject(value) && typeof value.float32 === "number" && (value.float16 === null || typeof value.float16 === "number");

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** Returns a probe that tries each device once and remembers the outcome, because devices do not come or go while a process runs. */
function remember(probe: Probe): Probe {
  const known = new Map<string, Promise<DeviceFacts>>();
  return (device, measure) => {
    const key = `${device} ${measure}`;
    const answer = known.get(key) ?? probe(device, measure);
    known.set(key, answer);
    return answer;
  };
}

const probeDevice: Probe = remember(probeInChild);

/** Returns once the device has started. @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING, with what to install */
export async function requireDevice(device: RealDevice, probe: Probe = probeDevice): Promise<void> {
  if (device === "cpu") return;
  const { reason } = await probe(device, false);
  if (reason) throw deviceMissing(device, reason);
}

/** The device that a graph will run on, with a sentence for the user. */
export interface ChosenDevice {
  readonly device: RealDevice;
  /** Which device was chosen and why, one sentence. */
  readonly says: string;
}

/** What "auto" tries besides the processor. */
const CARDS: readonly RealDevice[] = ["cuda", "webgpu"];

/** How "auto" is resolved. A test passes its own probe, so that no device has to start. */
export interface ChooseOptions {
  readonly probe?: Probe;
  /** What "auto" may choose besides the processor. Default: cuda and webgpu. */
  readonly cards?: readonly RealDevice[];
}

/**
 * Resolves a device. "auto" becomes the device with the fastest float32 products, so that a card emulated in software loses to
 * the processor. Any other device is returned once it has started.
 * @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING, with what to install
 */
export async function chooseDevice(
  wanted: Device,
  { probe = probeDevice, cards = CARDS }: ChooseOptions = {},
): Promise<ChosenDevice> {
  if (wanted !== "auto") {
    await requireDevice(wanted, probe);
    return { device: wanted, says: `Device: ${wanted}, as asked.` };
  }
  const tried: { device: RealDevice; facts: DeviceFacts }[] = [];
  for (const device of cards) tried.push({ device, facts: await probe(device, true) });
  if (tried.some(({ facts }) => !facts.reason)) tried.push({ device: "cpu", facts: await probe("cpu", true) });
  const rate = ({ facts }: (typeof tried)[number]) => facts.speed?.float32 ?? 0;
  const best = tried.reduce((a, b) => (rate(b) > rate(a) ? b : a));
  const device = rate(best) > 0 ? best.device : "cpu";
  const others = tried.filter((each) => each.device !== device).map((each) => `${each.device}: ${outcome(each.facts)}`);
  const pace = device === best.device && best.facts.speed ? ` ${outcome(best.facts)}` : "";
  return { device, says: `Device: ${device}${pace} (${others.join("; ")}).` };
}

const outcome = ({ reason, speed }: DeviceFacts): string => reason || `${Number(speed?.float32.toPrecision(2))} GFLOP/s`;

/** How many times faster float16 must be to be worth its rounding. */
const WORTH = 1.2;

/** Returns the precision in which the device multiplies fastest. */
export async function fastestPrecision(device: RealDevice, probe: Probe = probeDevice): Promise<"float32" | "float16"> {
  if (device === "cpu") return "float32";
  const { speed } = await probe(device, true);
  return speed?.float16 && speed.float16 >= WORTH * speed.float32 ? "float16" : "float32";
}
