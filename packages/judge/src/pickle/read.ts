/**
 * @file Reads Python's pickles (protocols 0 to 5) as plain data. A pickle is a program for a stack machine; here the machine knows a closed list of
 * opcodes, none of which calls anything. The few names that plain data needs (bytes of old protocols, NumPy's arrays of texts) are looked up in
 * another closed list (known.ts), each with a function of ours that makes data of data. Everything else is refused.
 */
import { itemAt } from "@pickapic/errors";
import { build, type Known, knownName, reduce } from "./known.ts";
import { PickleBytes } from "./pickleBytes.ts";
import { checkShape, PICKLE_LIMITS, type PickleLimits, type PickleValue, refuse } from "./value.ts";

/** The stack machine, between two opcodes. */
interface Machine {
  readonly input: PickleBytes;
  readonly limits: PickleLimits;
  /** Values since the last mark. */
  stack: (PickleValue | Known)[];
  /** Values below each mark. */
  readonly marked: (PickleValue | Known)[][];
  readonly memo: Map<number, PickleValue | Known>;
  /** Arrays of NumPy that wait for their content, and types that wait for their byte order. */
  readonly unbuilt: Set<unknown>;
}

type Step = (machine: Machine) => void;

/**
 * Reads a pickle. Bytes in the result are views of `bytes`.
 * @throws JudgeError PICKAPIC_JUDGE_PICKLE for a damaged pickle, for anything but plain data, and above the limits
 */
export function readPickle(bytes: Uint8Array, limits: PickleLimits = PICKLE_LIMITS): PickleValue {
  const machine: Machine = {
    input: new PickleBytes(bytes, limits),
    limits,
    stack: [],
    marked: [],
    memo: new Map(),
    unbuilt: new Set(),
  };
  for (let count = 1; ; count++) {
    if (count > limits.mostOpcodes) refuse(`it has more than ${limits.mostOpcodes} steps`);
    const opcode = machine.input.byte();
    if (opcode === STOP) return resultOf(machine);
    const step = STEPS.get(opcode) ?? refuse(refusalOf(opcode, machine.input.at - 1));
    step(machine);
  }
}

function resultOf({ stack, marked, input, unbuilt, limits }: Machine): PickleValue {
  if (input.left > 0) refuse(`${input.left} bytes come after its end`);
  if (stack.length !== 1 || marked.length > 0) refuse("it ends with a stack that does not hold one value");
  if (unbuilt.size > 0) refuse("it has an array of NumPy without content");
  const value = plain(stack[0]);
  checkShape(value, limits);
  return value;
}

const STOP = 0x2e;

/** Opcodes that build objects or call something: known, so that the refusal can name them. */
const REFUSED = new Map<number, string>([
  [0x50, "PERSID"],
  [0x51, "BINPERSID"],
  [0x69, "INST"],
  [0x6f, "OBJ"],
  [0x81, "NEWOBJ"],
  [0x82, "EXT1"],
  [0x83, "EXT2"],
  [0x84, "EXT4"],
  [0x8f, "EMPTY_SET"],
  [0x90, "ADDITEMS"],
  [0x91, "FROZENSET"],
  [0x92, "NEWOBJ_EX"],
  [0x97, "NEXT_BUFFER"],
  [0x98, "READONLY_BUFFER"],
]);

function refusalOf(opcode: number, at: number): string {
  const name = REFUSED.get(opcode) ?? `0x${opcode.toString(16).padStart(2, "0")}`;
  return `its opcode ${name} at byte ${at} makes no plain data`;
}

const pop = ({ stack }: Machine): PickleValue | Known => stack.pop() ?? refuse("it takes a value from an empty stack");

/** A value that is data: not a name that was looked up and never used. */
function plain(value: PickleValue | Known | undefined): PickleValue {
  if (value === undefined) return refuse("it takes a value from an empty stack");
  if (typeof value === "object" && value !== null && "known" in value)
    return refuse(`it holds the name ${value.known} as a value`);
  return value;
}

const popPlain = (machine: Machine): PickleValue => plain(machine.stack.pop());

/** Takes the values since the last mark. */
function popMarked(machine: Machine): PickleValue[] {
  const values = machine.stack.map(plain);
  machine.stack = machine.marked.pop() ?? refuse("it looks for a mark that is not there");
  return values;
}

const push =
  (make: (input: PickleBytes) => PickleValue): Step =>
  ({ stack, input }) => {
    stack.push(make(input));
  };

/** The list that values are appended to. */
function listBelow({ stack }: Machine): PickleValue[] {
  const list = stack.at(-1);
  return Array.isArray(list) ? list : refuse("it appends to a value that is no list");
}

function setItems({ stack }: Machine, items: readonly PickleValue[]): void {
  const dict = stack.at(-1);
  if (!(dict instanceof Map)) refuse("it sets an item of a value that is no dictionary");
  fillDict(dict, items);
}

type Dict = Map<string | number | boolean | null, PickleValue>;

function fillDict(dict: Dict, items: readonly PickleValue[]): Dict {
  if (items.length % 2 === 1) refuse("it has a key without a value");
  for (let i = 0; i < items.length; i += 2) dict.set(keyOf(itemAt(items, i)), items[i + 1] ?? null);
  return dict;
}

function keyOf(key: PickleValue): string | number | boolean | null {
  return key === null || typeof key === "string" || typeof key === "number" || typeof key === "boolean"
    ? key
    : refuse("it has a key that is neither a text nor a number");
}

function remember(machine: Machine, index: number): void {
  if (index > machine.limits.mostOpcodes) refuse(`it numbers a value ${index}`);
  machine.memo.set(index, machine.stack.at(-1) ?? refuse("it remembers a value of an empty stack"));
}

function recall(machine: Machine, index: number): void {
  machine.stack.push(
    machine.memo.get(index) ?? (machine.memo.has(index) ? null : refuse(`it recalls the value ${index}, which is not there`)),
  );
}

function pushTuple(machine: Machine, count: number): void {
  const values = Array.from({ length: count }, () => pop(machine)).reverse();
  machine.stack.push(values.every(isPlain) ? values.map(plain) : tupleOfNames(values));
}

const isPlain = (value: PickleValue | Known): boolean => !(typeof value === "object" && value !== null && "known" in value);

/** The arguments of NumPy's _reconstruct are the only tuple that holds a name. */
function tupleOfNames(values: readonly (PickleValue | Known)[]): PickleValue {
  return values.map((value) => (isPlain(value) ? plain(value) : `name ${(value as Known).known}`));
}

/** What each opcode does, by its byte, in the order of Python's pickletools. */
const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  // ---- numbers
  [0x49, push((input) => input.integerLine())],
  [0x4c, push((input) => input.integerLine())],
  [0x46, push((input) => input.floatLine())],
  [0x4a, push((input) => input.int(4))],
  [0x4b, push((input) => input.uint(1))],
  [0x4d, push((input) => input.uint(2))],
  [0x8a, push((input) => input.long(input.uint(1)))],
  [0x8b, push((input) => input.long(input.uint(4)))],
  [0x47, push((input) => input.double())],
  [0x88, push(() => true)],
  [0x89, push(() => false)],
  [0x4e, push(() => null)],
  // ---- texts and bytes
  [0x56, push((input) => input.escapedLine())],
  [0x58, push((input) => input.text(input.uint(4)))],
  [0x8c, push((input) => input.text(input.uint(1)))],
  [0x8d, push((input) => input.text(input.uint(8)))],
  [0x42, push((input) => input.bytes(input.uint(4)))],
  [0x43, push((input) => input.bytes(input.uint(1)))],
  [0x8e, push((input) => input.bytes(input.uint(8)))],
  [0x96, push((input) => input.bytes(input.uint(8)))],
  // ---- lists, tuples, dictionaries
  [0x28, (machine) => mark(machine)],
  [0x5d, push(() => [])],
  [0x29, push(() => [])],
  [0x7d, push(() => new Map())],
  [0x6c, (machine) => void collect(machine, (values) => values)],
  [0x74, (machine) => void collect(machine, (values) => values)],
  [0x64, (machine) => void collect(machine, (values) => fillDict(new Map(), values))],
  [0x85, (machine) => pushTuple(machine, 1)],
  [0x86, (machine) => pushTuple(machine, 2)],
  [0x87, (machine) => pushTuple(machine, 3)],
  [0x61, (machine) => append(machine, [popPlain(machine)])],
  [0x65, (machine) => append(machine, popMarked(machine))],
  [0x73, (machine) => setItems(machine, [popPlain(machine), popPlain(machine)].reverse())],
  [0x75, (machine) => setItems(machine, popMarked(machine))],
  // ---- the stack and the memory
  [0x30, (machine) => void pop(machine)],
  [0x31, (machine) => void popMarked(machine)],
  [0x32, (machine) => machine.stack.push(machine.stack.at(-1) ?? refuse("it doubles a value of an empty stack"))],
  [0x70, (machine) => remember(machine, machine.input.integerLine())],
  [0x71, (machine) => remember(machine, machine.input.uint(1))],
  [0x72, (machine) => remember(machine, machine.input.uint(4))],
  [0x94, (machine) => remember(machine, machine.memo.size)],
  [0x67, (machine) => recall(machine, machine.input.integerLine())],
  [0x68, (machine) => recall(machine, machine.input.uint(1))],
  [0x6a, (machine) => recall(machine, machine.input.uint(4))],
  // ---- names, from the closed list
  [0x63, ({ stack, input }) => void stack.push(knownName(input.line(), input.line()))],
  [0x93, (machine) => void lookUp(machine)],
  [0x52, (machine) => void call(machine)],
  [0x62, (machine) => void fill(machine)],
  // ---- framing
  [0x80, ({ input }) => void (input.uint(1) > 5 && refuse("it is of a protocol above 5"))],
  [0x95, ({ input }) => void (input.uint(8) > input.left && refuse("it has a frame that is longer than itself"))],
] as [number, Step][]);

function mark(machine: Machine): void {
  if (machine.marked.length >= machine.limits.deepest * 4) refuse("its marks are nested too deeply");
  machine.marked.push(machine.stack);
  machine.stack = [];
}

/** Replaces the values since the last mark by one. A tuple may hold a name, as the arguments of `_reconstruct` do. */
function collect(machine: Machine, make: (values: PickleValue[]) => PickleValue): void {
  const values = machine.stack;
  machine.stack = machine.marked.pop() ?? refuse("it looks for a mark that is not there");
  machine.stack.push(values.every(isPlain) ? make(values.map(plain)) : tupleOfNames(values));
}

function append(machine: Machine, values: readonly PickleValue[]): void {
  const list = listBelow(machine);
  if (machine.unbuilt.has(list)) refuse("it appends to an array of NumPy");
  for (const value of values) list.push(value);
}

function lookUp(machine: Machine): void {
  const [name, module] = [popPlain(machine), popPlain(machine)];
  if (typeof name !== "string" || typeof module !== "string") refuse("it looks up a name that is no text");
  machine.stack.push(knownName(module, name));
}

function call(machine: Machine): void {
  const values = popPlain(machine);
  const callable = pop(machine);
  if (typeof callable !== "object" || callable === null || !("known" in callable)) refuse("it calls what is no name");
  if (!Array.isArray(values)) refuse(`it calls ${callable.known} without a tuple`);
  const made = reduce(callable, values);
  if (made.unbuilt) machine.unbuilt.add(made.value);
  machine.stack.push(made.value);
}

function fill(machine: Machine): void {
  const state = popPlain(machine);
  const target = plain(machine.stack.at(-1));
  if (!machine.unbuilt.delete(target)) refuse("it changes the state of an object");
  build(target, state);
}
