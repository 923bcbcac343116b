/** @file How the optimizer's threads divide their work: they share the arenas and a board that says what to do, and each takes the next free piece. */
import { fieldOf, itemAt } from "@pickapic/errors";

/** Floats `start` to `end` of all arenas, both multiples of 16, and the factor of the learning rate for them. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly share: number;
}

/** Where the floats of an arena lie. */
export interface Region {
  readonly memory: WebAssembly.Memory;
  /** Offset of the first float, in bytes. */
  readonly start: number;
}

/** Where the four arenas of an update lie. All have the same layout: a tensor starts at the same float in each. */
export type Regions = Readonly<Record<"parameters" | "expAvg" | "expAvgSq" | "gradients", Region>>;

/** The functions of adamW.wat. `start` and `end` count floats. */
export interface Kernel {
  squares(start: number, end: number): number;
  update(start: number, end: number, share: number, numbers: UpdateNumbers): void;
  /** parameters += gradients */
  add(start: number, end: number): void;
}

/** Everything that a thread needs for its work; it can be sent to a worker. */
export interface Job {
  readonly program: WebAssembly.Module;
  readonly arenas: Regions;
  readonly board: Board;
}

/** What the threads tell each other, in shared memory. */
export interface Board {
  /** See `Counter`. */
  readonly counters: Int32Array;
  /** See `Numbers`. */
  readonly numbers: Float64Array;
  /** Start, end and share of each piece. */
  readonly pieces: Float64Array;
  /** The sum of squares of each piece. Added up in the order of the pieces, their total does not depend on which thread did which piece. */
  readonly squares: Float64Array;
}

/** The work that is done with each piece. `close` ends the threads. */
export const Task = { close: 0, squares: 1, update: 2 } as const;

/** A number of `Task`, as the board stores it. */
export type Task = (typeof Task)[keyof typeof Task];

/** Indices into `Board.counters`: the current task, how many tasks were announced, the next free piece, and the number of pieces that are done. */
const Counter = { task: 0, jobs: 1, next: 2, done: 3 } as const;

/** Indices into `Board.numbers`: the numbers of an update. `decrease` is the weight decay of a step. `rate` and `decrease` are for a share of 1. */
const Numbers = { beta1: 0, gain1: 1, beta2: 2, gain2: 3, epsilon: 4, rate: 5, decrease: 6 } as const;

/** The numbers of one update, by name. */
export type UpdateNumbers = Readonly<Record<keyof typeof Numbers, number>>;

/** Makes a board in shared memory for arenas that are cut into `pieces`. No task is announced yet. */
export function createBoard(pieces: readonly Piece[]): Board {
  const shared = (count: number) => new Float64Array(new SharedArrayBuffer(8 * count));
  const board = {
    counters: new Int32Array(new SharedArrayBuffer(4 * Object.keys(Counter).length)),
    numbers: shared(Object.keys(Numbers).length),
    pieces: shared(3 * pieces.length),
    squares: shared(pieces.length),
  };
  board.pieces.set(pieces.flatMap(({ start, end, share }) => [start, end, share]));
  return board;
}

/** Opens the program of adamW.wat on four arenas. @throws WebAssembly.LinkError when `program` is another one */
export function openKernel(program: WebAssembly.Module, arenas: Regions): Kernel {
  const each = (importOf: (region: Region) => WebAssembly.ImportValue): WebAssembly.ModuleImports =>
    Object.fromEntries(Object.entries(arenas).map(([name, region]) => [name, importOf(region)]));
  const { exports } = new WebAssembly.Instance(program, {
    arena: each(({ memory }) => memory),
    start: each(({ start }) => new WebAssembly.Global({ value: "i64" }, BigInt(start))),
  });
  const { squares, update, add } = exports as Record<keyof Kernel, (at: bigint, bytes: bigint, ...numbers: number[]) => number>;
  const bytesOf = (start: number, end: number) => [BigInt(4 * start), BigInt(4 * (end - start))] as const;
  return {
    squares: (start, end) => squares(...bytesOf(start, end)),
    add: (start, end) => void add(...bytesOf(start, end)),
    update(start, end, share, { beta1, gain1, beta2, gain2, epsilon, rate, decrease }) {
      update(...bytesOf(start, end), beta1, gain1, beta2, gain2, epsilon, share * rate, 1 - share * decrease);
    },
  };
}

/** Does a task on all pieces together with the other threads; returns when every piece is done. */
export function work(board: Board, kernel: Kernel, task: Task, numbers?: UpdateNumbers): void {
  const { counters, squares } = board;
  if (numbers) setNumbers(board, numbers);
  announce(board, task);
  takePieces(board, kernel);
  for (;;) {
    const done = Atomics.load(counters, Counter.done);
    if (done === squares.length) return;
    Atomics.wait(counters, Counter.done, done);
  }
}

/** Ends all threads that wait for work on this board. */
export const close = (board: Board): void => announce(board, Task.close);

/** The loop of a worker thread: waits for a task, takes pieces of it, and returns when the board is closed. */
export function help(board: Board, kernel: Kernel): void {
  const { counters } = board;
  for (let seen = 0; ; ) {
    Atomics.wait(counters, Counter.jobs, seen);
    seen = Atomics.load(counters, Counter.jobs);
    if (Atomics.load(counters, Counter.task) === Task.close) return;
    takePieces(board, kernel);
  }
}

/**
 * Starts a task when all pieces of the one before are done. A thread that is still looking for a piece may take one as soon as `next` is 0, so `next`
 * is reset after the task and the count of done pieces.
 */
function announce({ counters }: Board, task: Task): void {
  Atomics.store(counters, Counter.task, task);
  if (task !== Task.close) {
    Atomics.store(counters, Counter.done, 0);
    Atomics.store(counters, Counter.next, 0);
  }
  Atomics.add(counters, Counter.jobs, 1);
  Atomics.notify(counters, Counter.jobs);
}

function takePieces(board: Board, kernel: Kernel): void {
  const { counters, squares } = board;
  for (;;) {
    const i = Atomics.add(counters, Counter.next, 1);
    if (i >= squares.length) return;
    const [start, end, share] = pieceAt(board, i);
    if (Atomics.load(counters, Counter.task) === Task.squares) squares[i] = kernel.squares(start, end);
    else kernel.update(start, end, share, numbersOf(board));
    Atomics.add(counters, Counter.done, 1);
    Atomics.notify(counters, Counter.done);
  }
}

const pieceAt = ({ pieces }: Board, i: number) =>
  [itemAt(pieces, 3 * i), itemAt(pieces, 3 * i + 1), itemAt(pieces, 3 * i + 2)] as const;

function setNumbers({ numbers }: Board, update: UpdateNumbers): void {
  for (const [name, value] of Object.entries(update)) numbers[fieldOf(Numbers, name)] = value;
}

function numbersOf({ numbers }: Board): UpdateNumbers {
  const at = (name: keyof typeof Numbers) => itemAt(numbers, Numbers[name]);
  return {
    ...{ beta1: at("beta1"), gain1: at("gain1") },
    ...{ beta2: at("beta2"), gain2: at("gain2") },
    ...{ epsilon: at("epsilon"), rate: at("rate"), decrease: at("decrease") },
  };
}
