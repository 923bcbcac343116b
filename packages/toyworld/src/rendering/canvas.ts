/**
 * @file The memory of the WebAssembly program pixels.wasm, and where pictures and fields lie in it. One picture is in it at a time: it is copied in, changed
 * by the program, and copied out. Fields stay.
 */
import { readFileSync } from "node:fs";

/** Addresses and lengths are in bytes. `size` is the longer side of the picture, px; `ox` and `oy` say where in a field the picture begins. */
interface PixelProgram {
  readonly memory: WebAssembly.Memory;
  grade(at: number, pixels: number, saturation: number, contrast: number, lift: number): void;
  grain(...place: [...Place, grey: number, warm: number, green: number, luma: number, chroma: number]): void;
  lumaOf(at: number, pixels: number, luma: number): void;
  rgbOf(from: number, pixels: number, to: number): void;
  paint(...place: [...Place, pigment: number, pool: number, paper: number, luma: number, darks: number, reach: number]): void;
  smooth(taps: number, end: number, to: number, length: number, half: number, shift: number, limits: number, steps: number): void;
  weigh(taps: number, pairs: number, to: number, length: number, half: number, scale: number, factor: number): void;
  displace(from: number, ...place: [...Place, ...Displacing, ...Displacing, right: number, low: number, close: number]): void;
}

type Place = [at: number, width: number, height: number, size: number, ox: number, oy: number];
type Displacing = [x: number, y: number, amount: number];

const LOOPS = ["grade", "grain", "lumaOf", "paint", "weigh", "displace"] as const satisfies (keyof PixelProgram)[];

/** Whether a program has the memory and the loops of a PixelProgram. Only pixels.wat says what arguments they take. */
function isPixelProgram(exports: object): exports is PixelProgram {
  const found = new Map<string, unknown>(Object.entries(exports));
  return found.get("memory") instanceof WebAssembly.Memory && LOOPS.every((name) => typeof found.get(name) === "function");
}

function openProgram(): PixelProgram {
  const module = new WebAssembly.Module(readFileSync(new URL("./pixels.wasm", import.meta.url)));
  const { exports } = new WebAssembly.Instance(module);
  if (!isPixelProgram(exports))
    throw new Error(`pixels.wasm: expected memory, ${LOOPS.join(", ")}; got ${Object.keys(exports).join(", ")}`);
  return exports;
}

/** The loops over pixels. */
export const program = openProgram();

/** The largest side of a picture, px. */
export const LARGEST_SIDE = 1024;
/** Bytes that may be read after the end of an array. */
const MARGIN = 64;
const PICTURE = 3 * LARGEST_SIDE ** 2 + MARGIN;

const DARKS = 0;
const TAPS = 4 * 1024;
const LIMITS = 7 * 1024;
const PICTURES = 8 * 1024;
const LUMA = PICTURES + 2 * PICTURE;
const FIELDS = LUMA + LARGEST_SIDE ** 2 + MARGIN;

/** Addresses of arrays that hold nothing from one picture to the next. */
export const SCRATCH = {
  darks: DARKS,
  taps: TAPS,
  limits: LIMITS,
  pictures: [PICTURES, PICTURES + PICTURE],
  luma: LUMA,
} as const;

const PAGE = 64 * 1024;

/** Makes the memory reach to an address. Arrays over the memory that were made before are then empty. */
function reachTo(end: number): void {
  const missing = end - program.memory.buffer.byteLength;
  if (missing > 0) program.memory.grow(Math.ceil(missing / PAGE));
}
reachTo(FIELDS);

/** The bytes at an address. Valid until the next field is made. */
export function bytesAt(address: number, length: number): Uint8Array {
  return new Uint8Array(program.memory.buffer, address, length);
}

/** Fields that may be in the memory; each takes 4 bytes per pixel. */
const MOST_FIELDS = 24;
/** Fields that one picture uses, at most. */
const FIELDS_OF_A_PICTURE = 10;

const fields = new Map<string, number>();
let free = FIELDS;

/** Makes room for the fields of the next picture: if there are too many, all are dropped. Addresses of fields are valid until the next call. */
export function makeRoom(): void {
  if (fields.size <= MOST_FIELDS - FIELDS_OF_A_PICTURE) return;
  fields.clear();
  free = FIELDS;
}

/**
 * Returns the address of the field with this key.
 * @param fill writes the field into `length` zeros if it is not in the memory yet
 */
export function fieldAt(key: string, length: number, fill: (values: Float32Array) => void): number {
  const known = fields.get(key);
  if (known !== undefined) return known;
  const address = free;
  free += Math.ceil((4 * length + MARGIN) / 16) * 16;
  reachTo(free);
  fill(new Float32Array(program.memory.buffer, address, length).fill(0));
  fields.set(key, address);
  return address;
}
