/**
 * @file Runs each test once as it is, and then again with each mutant that it reaches, in the same process: nothing is loaded twice, so a mutant takes
 * milliseconds. A test that a mutant breaks for good is found by running it without mutants after each failure; then this process ends, and the caller
 * starts another one that goes on. A test with a mutant may take a few times as long as without, in processor time and in waiting; a failure that comes
 * late by the clock counts only when it comes a second time.
 */
import { TestRunner } from "vitest";
import { findings, LONGEST_MS, nameOf, note, pairOf, RUN_FOLDER } from "./journal.ts";
import { allowed, endVitest, ProcessorLimit, type Spent, Watch } from "./watch.ts";

/** What the instrumented sources read and write: which mutant is switched on, and which are reached. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number> | undefined> };
}

/** A loop that reaches a mutant this many times as often as the test does without it counts as endless. */
const HITS_FACTOR = 100;
/** Hits that are always allowed. */
const LEAST_HITS = 10_000;

/** A failure this much later than the test takes without a mutant may come from a clock, ms. */
const LATE_MS = 500;

/** After this many failures the test runs without a mutant, which shows whether they came from the mutants. */
const FAILURES_IN_A_ROW = 8;

/** What a test is run with: no mutant, for the first time or as a check after a failure, or one. */
type Try = "first" | "check" | { readonly mutant: string };
type Test = Parameters<TestRunner["onAfterTryTask"]>[0];
type TryOptions = Parameters<TestRunner["onBeforeTryTask"]>[1];
interface Failure {
  readonly mutant: string;
  readonly why: string;
  readonly byTime: boolean;
}
const NOTHING: Spent = { usedMs: 0, waitedMs: 0 };

/** Vitest's runner, with a loop of mutants around each test. */
export default class MutationRunner extends TestRunner {
  readonly #folder = process.env[RUN_FOLDER] ?? "";
  /** Tests that take longer are not asked in this pass, ms. */
  readonly #longestMs = Number(process.env[LONGEST_MS]);
  #test = "";
  /** How often the test reaches each mutant. */
  #hits: Readonly<Record<string, number>> = {};
  /** Mutants that are still to be tried with the test. */
  #queue: string[] = [];
  /** Undefined when the test is done. */
  #now: Try | undefined;
  /** The failures that the next run without a mutant decides about. */
  #failures: Failure[] = [];
  /** Mutants whose failure was not certain in an earlier process: each is tried right after a run without a mutant. */
  readonly #suspects = new Set<string>();
  /** Whether any mutant was tried in this process. */
  #hasTried = false;
  /** Whether the test ran without a mutant, and passed, right before. */
  #isSound = true;
  /** Mutants with which the test failed late once. */
  readonly #late = new Set<string>();
  /** The mutant that the test before did not reach. It is tried once more, because background work may come at any time. */
  #missed: string | undefined;
  /** What the test takes without a mutant. */
  #usual: Spent = NOTHING;
  #usualMs = 0;
  #watch: Watch | undefined;
  /** Whether the test with its mutant waited too long. */
  #isByTime = false;
  /** Ends the try that runs now with an error. */
  #giveUp: (why: Error) => void = () => undefined;
  readonly #limit = new ProcessorLimit(this.#folder);

  override async onBeforeRunTask(test: Test): Promise<void> {
    await super.onBeforeRunTask(test);
    this.#test = `${test.file.name} > ${nameOf(test)}`;
    this.#now = "first";
    // Vitest compares the count of repetitions before each of them, so it goes on as long as this is larger.
    Object.assign(test, { repeats: { valueOf: () => (this.#now === undefined ? -1 : Number.POSITIVE_INFINITY) } });
  }

  override onBeforeTryTask(test: Test, options: TryOptions): void {
    super.onBeforeTryTask(test, options);
    const isFirst = this.#now === "first";
    const most = isFirst ? undefined : allowed(this.#usual);
    this.#limit.set(most?.usedMs ?? Number.POSITIVE_INFINITY);
    this.#isByTime = false;
    this.#watch = new Watch(({ waitedMs }) => most && waitedMs > most.waitedMs && this.#endWaiting(waitedMs));
    if (isFirst) switches().currentTestId = this.#test;
    if (typeof this.#now !== "object") return;
    const { mutant } = this.#now;
    this.#hasTried = true;
    note(this.#folder, { kind: "begin", test: this.#test, mutant });
    const hitLimit = LEAST_HITS + HITS_FACTOR * (this.#hits[mutant] ?? 0);
    Object.assign(switches(), { activeMutant: mutant, hitCount: 0, hitLimit });
  }

  /** Vitest calls this for the function of the test. */
  async runTask(test: Test): Promise<void> {
    const givenUp = new Promise<never>((_, reject) => (this.#giveUp = reject));
    await Promise.race([TestRunner.getTestFn(test)(), givenUp]);
  }

  #endWaiting(waitedMs: number): void {
    this.#isByTime = true;
    this.#giveUp(new Error(`waited ${Math.round(waitedMs)} ms, and ${Math.round(this.#usual.waitedMs)} ms without a mutant`));
  }

  /** Called after the hooks that clean up. Writes down what came of this try, and decides about the next. */
  override async onAfterRetryTask(test: Test, options: TryOptions): Promise<void> {
    await super.onAfterRetryTask(test, options);
    const { result } = test;
    this.#watch?.end();
    this.#limit.set(Number.POSITIVE_INFINITY);
    const isReached = switches().hitCount !== 0;
    Object.assign(switches(), { activeMutant: undefined, hitCount: undefined, currentTestId: undefined });
    const why = result?.state === "fail" ? (result.errors?.[0]?.message ?? "").split("\n")[0]?.slice(0, 120) : undefined;
    if (this.#now === "first") this.#now = this.#afterFirst(why);
    else if (this.#now === "check") this.#now = this.#afterCheck(why);
    else if (this.#now) this.#now = this.#afterMutant(this.#now.mutant, why, isReached);
    if (result) Object.assign(result, { state: this.#now ? "run" : "pass", errors: undefined });
    // Assertions that a try still waits for when it is given up. Vitest would let the next try wait for them as well, which then fails without a mutant.
    test.promises = undefined;
  }

  #next(): Try | undefined {
    const mutant = this.#queue[0];
    if (mutant === undefined) return this.#failures.length > 0 ? "check" : undefined;
    if (!this.#isSound && this.#suspects.has(mutant)) return "check";
    this.#queue.shift();
    return { mutant };
  }

  #afterFirst(why: string | undefined): Try | undefined {
    const spent = this.#watch?.spent ?? NOTHING;
    const tookMs = spent.usedMs + spent.waitedMs;
    this.#usual = spent;
    this.#usualMs = this.#watch?.elapsedMs ?? 0;
    const { perTest = {}, static: atLoad = {} } = switches().mutantCoverage ?? {};
    this.#hits = perTest[this.#test] ?? {};
    const reached = Object.keys(this.#hits);
    note(this.#folder, { kind: "static", mutants: Object.keys(atLoad) });
    note(this.#folder, { kind: "covered", test: this.#test, mutants: reached });
    [this.#queue, this.#failures, this.#isSound] = [[], [], true];
    // What a mutant of an earlier test left running may be why. The caller starts another process, in which this test is the first with mutants.
    if (why !== undefined && this.#hasTried) endVitest();
    if (why !== undefined) note(this.#folder, { kind: "unusable", test: this.#test, why: `fails without a mutant: ${why}` });
    else if (tookMs > this.#longestMs && reached.length > 0)
      note(this.#folder, { kind: "unusable", test: this.#test, tookMs, why: `takes ${Math.round(tookMs)} ms` });
    else this.#queue = this.#open(reached);
    return this.#next();
  }

  /** The mutants that are still to be tried with this test, those first whose failure was doubtful. */
  #open(reached: readonly string[]): string[] {
    const { noticed, survived, missed, suspects, late } = findings(this.#folder);
    const isDone = (pair: string) => survived.has(pair) || missed.has(pair);
    for (const [into, pairs] of [
      [this.#late, late],
      [this.#suspects, suspects],
    ] as const) {
      into.clear();
      for (const id of reached) if (pairs.has(pairOf(this.#test, id))) into.add(id);
    }
    const rank = (id: string) => Number(this.#suspects.has(id));
    return reached.filter((id) => !noticed.has(id) && !isDone(pairOf(this.#test, id))).sort((a, b) => rank(b) - rank(a));
  }

  #afterMutant(mutant: string, why: string | undefined, isReached: boolean): Try | undefined {
    const [test, isSound] = [this.#test, this.#isSound];
    this.#isSound = false;
    if (why === undefined) return this.#afterPassing(mutant, isReached);
    const isLate = this.#isByTime || (this.#watch?.elapsedMs ?? 0) > this.#usualMs + LATE_MS;
    if (isLate && !this.#late.has(mutant)) {
      note(this.#folder, { kind: "late", test, mutant });
      this.#late.add(mutant);
      this.#queue.unshift(mutant);
      return "check";
    }
    const failure: Failure = { mutant, why, byTime: this.#isByTime };
    if (isSound && this.#suspects.has(mutant)) {
      note(this.#folder, { kind: "noticed", test, ...failure });
      return "check";
    }
    note(this.#folder, { kind: "failed", test, mutant });
    this.#failures.push(failure);
    return isLate || this.#failures.length >= FAILURES_IN_A_ROW ? "check" : this.#next();
  }

  #afterPassing(mutant: string, isReached: boolean): Try | undefined {
    if (isReached || this.#missed === mutant)
      note(this.#folder, { kind: isReached ? "survived" : "missed", test: this.#test, mutant });
    else this.#queue.unshift(mutant);
    this.#missed = isReached ? undefined : mutant;
    return this.#next();
  }

  #afterCheck(why: string | undefined): Try | undefined {
    const [failures, test] = [this.#failures, this.#test];
    this.#failures = [];
    for (const failure of failures)
      if (why === undefined) note(this.#folder, { kind: "noticed", test, ...failure });
      else note(this.#folder, { kind: "suspect", test, mutant: failure.mutant });
    // The test is broken in this process. The caller starts another one, which goes on.
    if (why !== undefined) endVitest();
    this.#isSound = true;
    return this.#next();
  }
}

/** The instrumented sources look for this name in the global scope. */
const scope: typeof globalThis & { __stryker__?: Switches } = globalThis;

function switches(): Switches {
  scope.__stryker__ ??= {};
  return scope.__stryker__;
}
