/**
 * @file Values that go from process to process over a stream of bytes, with the bytes of pictures beside them: what is sent is not copied, and what
 * comes is read straight into its place. Node's own messages between processes copy every picture three times and leave the copies to the garbage
 * collector.
 */
import type { Writable } from "node:stream";
import { Deserializer, Serializer } from "node:v8";

/** Bytes of the two numbers in front of a frame: the length of its value and the length of its arrays. */
const HEAD_BYTES = 8;

/**
 * Writes a value of plain data. Arrays of bytes and of float32 in it are not copied, so they must not change before the other process has answered.
 * @throws TypeError for an array of another kind
 */
export function writeFrame(stream: Writable, value: unknown): void {
  const packer = new Packer();
  packer.writeValue(value);
  const packed = packer.releaseBuffer();
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(packed.length);
  head.writeUInt32LE(
    packer.arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
    4,
  );
  stream.cork();
  for (const { buffer, byteOffset, byteLength } of [head, packed, ...packer.arrays])
    stream.write(new Uint8Array(buffer, byteOffset, byteLength));
  stream.uncork();
}

/** Reads frames as their bytes come. */
export interface FrameReader {
  /** Memory for the bytes that come next; never empty. */
  room(): Uint8Array;
  /** Takes note that the first bytes of `room()` have been filled. @param count how many */
  filled(count: number): void;
}

/**
 * Opens a reader.
 * @param onValue gets the value of each frame; arrays of bytes in it lie side by side in memory that belongs to the frame
 */
export function openFrames(onValue: (value: unknown) => void): FrameReader {
  let target: Uint8Array<ArrayBuffer> = new Uint8Array(HEAD_BYTES);
  let read = 0;
  let packed: Uint8Array | null = null;
  let lengths: readonly [value: number, arrays: number] | null = null;
  const expectBytes = (count: number) => {
    target = new Uint8Array(count);
    read = 0;
  };
  const finish = () => {
    if (!lengths) {
      const head = new DataView(target.buffer);
      lengths = [head.getUint32(0, true), head.getUint32(4, true)];
      return expectBytes(lengths[0]);
    }
    const arrays = packed ? target : new Uint8Array(0);
    packed ??= target;
    if (arrays.length < lengths[1]) return expectBytes(lengths[1]);
    const value = new Unpacker(packed, arrays).readValue();
    [packed, lengths] = [null, null];
    expectBytes(HEAD_BYTES);
    onValue(value);
  };
  return {
    room: () => target.subarray(read),
    filled(count) {
      read += count;
      if (read === target.length) finish();
    },
  };
}

/** Gives a reader bytes that came in memory of their own. */
export function takeBytes(reader: FrameReader, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const room = reader.room();
    const piece = bytes.subarray(at, at + room.length);
    room.set(piece);
    at += piece.length;
    reader.filled(piece.length);
  }
}

/** What stands in the value for an array whose bytes come behind it: its kind, and then its length in bytes. */
const KINDS = { bytes: 0, floats: 1 } as const;

/** Serialises a value and sets its arrays aside. */
class Packer extends Serializer {
  declare readonly _setTreatArrayBufferViewsAsHostObjects: (flag: boolean) => void;
  readonly arrays: (Uint8Array | Float32Array)[] = [];

  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
    this.writeHeader();
  }

  /** Node calls it for each typed array of the value. */
  _writeHostObject(array: unknown): void {
    if (!(array instanceof Uint8Array || array instanceof Float32Array))
      throw new TypeError("writeFrame: expected arrays of bytes or of float32; an array of another kind came");
    this.arrays.push(array);
    this.writeUint32(array instanceof Uint8Array ? KINDS.bytes : KINDS.floats);
    this.writeUint32(array.byteLength);
  }
}

/** Reads a value whose arrays stand one after the other in `arrays`. */
class Unpacker extends Deserializer {
  readonly #arrays: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(packed: Uint8Array, arrays: Uint8Array<ArrayBuffer>) {
    super(packed);
    this.#arrays = arrays;
    this.readHeader();
  }

  /** Node calls it for each array that the packer set aside. */
  _readHostObject(): Uint8Array | Float32Array {
    const kind = this.readUint32();
    const bytes = this.#arrays.subarray(this.#at, this.#at + this.readUint32());
    this.#at += bytes.length;
    // A copy, because float32 must begin at a multiple of four.
    return kind === KINDS.floats ? new Float32Array(bytes.slice().buffer) : bytes;
  }
}
