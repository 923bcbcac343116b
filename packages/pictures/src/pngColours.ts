/**
 * @file The colours of a PNG that describes them itself (gAMA, cHRM). Browsers obey these chunks and libvips does not, so they
 * are turned into a colour profile.
 */

import { deflateSync } from "node:zlib";
import { byteAt } from "@pickapic/errors";
import { chunksBeforePixels, type PngChunk, SIGNATURE, withChunks } from "./pngChunks.ts";

/** One of the three channels, red, green, blue; the same as the index of a row or column of a matrix. */
type Channel = 0 | 1 | 2;
type Three<T> = readonly [T, T, T];
type Triple = Three<number>;
/** Three rows, or three columns. */
type Matrix = Three<Triple>;
/** Chromaticity coordinates x, y. */
type Point = readonly [x: number, y: number];
/** The chromaticities of a PNG: of white, and of red, green and blue at full strength. */
interface Primaries {
  readonly white: Point;
  readonly colours: Three<Point>;
}

const SRGB_PRIMARIES: Primaries = { white: [0.3127, 0.329], colours: [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06]] }; // biome-ignore format: one line
/** gAMA of files that are meant as sRGB: without cHRM browsers treat them as sRGB. */
const SRGB_GAMMA = 45455;
/** A chunk with a larger exponent is damaged and is ignored. */
const LARGEST_EXPONENT = 10;
const LEAST_AREA = 0.001;
/** Offset of the colour type in a PNG's header; these types are grey. */
const COLOUR_TYPE = SIGNATURE + 8 + 9;
const GREY = [0, 4];

/**
 * Returns the PNG with a colour profile if gAMA or cHRM gives other colours than sRGB. It is returned unchanged if it has a
 * profile, says sRGB, or says nothing.
 * @param bytes a whole PNG
 */
export function withOwnColours(bytes: Uint8Array): Uint8Array {
  const chunks = chunksByName(bytes);
  const gamma = chunks.get("gAMA")?.getUint32(0);
  if (!gamma || ["iCCP", "sRGB", "cICP"].some((name) => chunks.has(name))) return bytes;
  const primaries = primariesOf(chunks.get("cHRM"));
  if (gamma === SRGB_GAMMA && primaries === null) return bytes;
  const exponent = 100_000 / gamma;
  if (exponent > LARGEST_EXPONENT || exponent < 1 / LARGEST_EXPONENT) return bytes;
  const profile = GREY.includes(byteAt(bytes, COLOUR_TYPE))
    ? greyProfile(exponent)
    : rgbProfile(exponent, primaries ?? SRGB_PRIMARIES);
  return withChunks(bytes, [profileChunk(profile)]);
}

/** The chunks before the pixels, by name. */
const chunksByName = (bytes: Uint8Array): Map<string, DataView> =>
  new Map(chunksBeforePixels(bytes).map(({ name, data }) => [name, new DataView(data.buffer, data.byteOffset, data.byteLength)]));

/** Reads a cHRM chunk; null when it is absent, too short or makes no sense. */
function primariesOf(chunk: DataView | undefined): Primaries | null {
  if (!chunk || chunk.byteLength < 32) return null;
  const at = (offset: number): Point => [chunk.getUint32(offset) / 100_000, chunk.getUint32(offset + 4) / 100_000];
  const primaries: Primaries = { white: at(0), colours: [at(8), at(16), at(24)] };
  return isSound(primaries) ? primaries : null;
}

/** Whether the primaries form a triangle and white has some light. Otherwise there is no profile. */
function isSound({ white, colours }: Primaries): boolean {
  const [[a, b], [c, d], [e, f]] = colours;
  const area = Math.abs((c - a) * (f - b) - (e - a) * (d - b)) / 2;
  return area > LEAST_AREA && [white, ...colours].every(([x, y]) => y > LEAST_AREA && x <= 1 && y <= 1);
}

/** Returns an iCCP chunk with this profile. */
const profileChunk = (profile: Buffer): PngChunk => ({
  name: "iCCP",
  data: Buffer.concat([Buffer.from("PNG\0\0", "latin1"), deflateSync(profile)]),
});

/** The white point of a profile's connection space. */
const D50: Triple = [0.9642, 1, 0.8249];

/** Returns the profile of three primaries that together make white, adapted to D50 (ICC.1, annex E). */
function rgbProfile(exponent: number, { white, colours }: Primaries): Buffer {
  const lights = eachOf((channel) => xyzOf(colours[channel]));
  const strengths = solve(lights, xyzOf(white));
  const colourTag = (channel: Channel): Buffer => {
    const light = eachOf((axis) => lights[channel][axis] * strengths[channel]);
    return xyzTag(adapted(light, xyzOf(white)));
  };
  const tags = CHANNELS.flatMap((channel): [string, Buffer][] => [
    [`${NAMES[channel]}XYZ`, colourTag(channel)],
    [`${NAMES[channel]}TRC`, curveTag(exponent)],
  ]);
  return profileOf("RGB ", tags);
}

const CHANNELS: readonly Channel[] = [0, 1, 2];
const NAMES: Three<string> = ["r", "g", "b"];

const greyProfile = (exponent: number): Buffer => profileOf("GRAY", [["kTRC", curveTag(exponent)]]);

const xyzOf = ([x, y]: Point): Triple => [x / y, 1, (1 - x - y) / y];

/** Bradford's matrix, from XYZ to the cones of the eye. */
const BRADFORD: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]; // biome-ignore format: one line

/** Adapts a colour under `white` to D50 (Bradford): each cone's ratio to white stays the same. */
function adapted(colour: Triple, white: Triple): Triple {
  const [cones, from, to] = [times(BRADFORD, colour), times(BRADFORD, white), times(BRADFORD, D50)];
  const target = eachOf((cone) => (cones[cone] * to[cone]) / from[cone]);
  return solve(columnsOf(BRADFORD), target);
}

const eachOf = <T>(value: (channel: Channel) => T): Three<T> => [value(0), value(1), value(2)];
const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const times = (rows: Matrix, vector: Triple): Triple => eachOf((i) => dot(rows[i], vector));
const columnsOf = (rows: Matrix): Matrix => eachOf((i) => eachOf((k) => rows[k][i]));

/** Solves x for columns x = right, by Cramer's rule. */
function solve(columns: Matrix, right: Triple): Triple {
  const whole = determinant(columns);
  return eachOf((i) => determinant(eachOf((k) => (k === i ? right : columns[k]))) / whole);
}

function determinant([a, b, c]: Matrix): number {
  return a[0] * (b[1] * c[2] - c[1] * b[2]) - b[0] * (a[1] * c[2] - c[1] * a[2]) + c[0] * (a[1] * b[2] - b[1] * a[2]);
}

const fixed = (value: number): number => Math.round(value * 65_536);

function xyzTag(values: Triple): Buffer {
  const tag = Buffer.alloc(20);
  tag.write("XYZ ", 0, "latin1");
  for (const [i, value] of values.entries()) tag.writeInt32BE(fixed(value), 8 + 4 * i);
  return tag;
}

/** y = x ^ exponent */
function curveTag(exponent: number): Buffer {
  const tag = Buffer.alloc(16);
  tag.write("para", 0, "latin1");
  tag.writeInt32BE(fixed(exponent), 12);
  return tag;
}

/** Returns a display profile of version 4 (ICC.1:2022, section 7). */
function profileOf(space: string, tags: readonly (readonly [string, Buffer])[]): Buffer {
  const all = [["wtpt", xyzTag(D50)] as const, ...tags];
  const start = 128 + 4 + 12 * all.length;
  const head = Buffer.alloc(start);
  let at = start;
  for (const [i, [name, data]] of all.entries()) {
    head.write(name, 132 + 12 * i, "latin1");
    head.writeUInt32BE(at, 136 + 12 * i);
    head.writeUInt32BE(data.length, 140 + 12 * i);
    at += data.length;
  }
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x04400000, 8);
  head.write(`mntr${space}XYZ `, 12, "latin1");
  head.write("acsp", 36, "latin1");
  for (const [i, value] of D50.entries()) head.writeInt32BE(fixed(value), 68 + 4 * i);
  head.writeUInt32BE(all.length, 128);
  return Buffer.concat([head, ...all.map(([, data]) => data)]);
}
