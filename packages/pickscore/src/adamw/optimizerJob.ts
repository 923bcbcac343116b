/** @file What the optimizer's threads share: the arenas, and a board with the job at hand, from which each thread takes the next piece. */

/** Floats `start` to `end` of the arenas, multiples of 16, and their share of the learning rate. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly share: number;
}

/** Where an arena is. */
export interface Region {
  readonly memory: WebAssembly.Memory;
  /** Byte at which it starts. */
  readonly start: number;
}

export type Regions = Readonly<Record<"parameters" | "expAvg" | "expAvgSq" | "gradients", Region>>;

/** The functions of adamW.wat, in floats. */
export interface Kernel {
  squares(start: number, end: number): number;
  update(start: number, end: number, share: number, numbers: UpdateNumbers): void;
  /** parameters += gradients */
  add(start: number, end: number): void;
}

/** How a thread gets its part of the work. */
export interface Job {
  readonly program: WebAssembly.Module;
  readonly arenas: Regions;
  readonly board: Board;
}

/** All in shared memory. */
export interface Board {
  /** See `Counter`. */
  readonly counters: Int32Array;
  /** See `Numbers`. */
  readonly numbers: Float64Array;
  /** Start, end and share of each piece. */
  readonly pieces: Float64Array;
  /** What `squares` found for each piece: added in their order, the sum does not depend on who did which. */
  readonly squares: Float64Array;
}

/** What is to be done with each piece; after `close` nothing is. */
export const Task = { close: 0, squares: 1, update: 2 } as const;
export type Task = (typeof Task)[keyof typeof Task];

/** Places in `Board.counters`: the task, how many jobs there were, the next piece to be taken, and the pieces that are done. */
const Counter = { task: 0, jobs: 1, next: 2, done: 3 } as const;

/** Numbers of an update, in the order of `Board.numbers`. `rate` and `decrease` (of the parameters, by weight decay) are for a share of 1. */
const NUMBERS = ["beta1", "gain1", "beta2", "gain2", "epsilon", "rate", "decrease"] as const;
export type UpdateNumbers = Readonly<Record<(typeof NUMBERS)[number], number>>;

export function createBoard(pieces: readonly Piece[]): Board {
  const shared = (count: number) => new Float64Array(new SharedArrayBuffer(8 * count));
  const board = {
    counters: new Int32Array(new SharedArrayBuffer(4 * Object.keys(Counter).length)),
    numbers: shared(NUMBERS.length),
    pieces: shared(3 * pieces.length),
    squares: shared(pieces.length),
  };
  board.pieces.set(pieces.flatMap(({ start, end, share }) => [start, end, share]));
  return board;
}

export function openKernel(program: WebAssembly.Module, arenas: Regions): Kernel {
  const each = <T extends WebAssembly.ImportValue | bigint>(part: (region: Region) => T) =>
    Object.fromEntries(Object.entries(arenas).map(([name, region]) => [name, part(region)])) as WebAssembly.ModuleImports;
  const { exports } = new WebAssembly.Instance(program, {
    arena: each(({ memory }) => memory),
    start: each(({ start }) => BigInt(start)),
  });
  const { squares, update, add } = exports as Record<keyof Kernel, (at: bigint, bytes: bigint, ...numbers: number[]) => number>;
  const place = (start: number, end: number) => [BigInt(4 * start), BigInt(4 * (end - start))] as const;
  return {
    squares: (start, end) => squares(...place(start, end)),
    add: (start, end) => void add(...place(start, end)),
    update(start, end, share, { beta1, gain1, beta2, gain2, epsilon, rate, decrease }) {
      update(...place(start, end), beta1, gain1, beta2, gain2, epsilon, share * rate, 1 - share * decrease);
    },
  };
}

/** Does a task on all pieces, together with the threads that help. */
export function work(board: Board, kernel: Kernel, task: Task, numbers?: UpdateNumbers): void {
  const { counters, squares } = board;
  if (numbers) board.numbers.set(NUMBERS.map((name) => numbers[name]));
  announce(board, task);
  takePieces(board, kernel);
  for (;;) {
    const done = Atomics.load(counters, Counter.done);
    if (done === squares.length) return;
    Atomics.wait(counters, Counter.done, done);
  }
}

/** Lets the threads that help go. */
export const close = (board: Board): void => announce(board, Task.close);

/** Helps with one job after the other until the board is closed. */
export function help(board: Board, kernel: Kernel): void {
  const { counters } = board;
  for (let seen = 0; ; ) {
    Atomics.wait(counters, Counter.jobs, seen);
    seen = Atomics.load(counters, Counter.jobs);
    if (Atomics.load(counters, Counter.task) === Task.close) return;
    takePieces(board, kernel);
  }
}

/** All pieces of the job before are done; a thread that still looks for one takes those of this job, which is why `next` comes last. */
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

const pieceAt = ({ pieces }: Board, i: number) => [pieces[3 * i]!, pieces[3 * i + 1]!, pieces[3 * i + 2]!] as const;

const numbersOf = ({ numbers }: Board): UpdateNumbers =>
  Object.fromEntries(NUMBERS.map((name, i) => [name, numbers[i]!])) as UpdateNumbers;
