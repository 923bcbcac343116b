/** @file One row of `npm run bench -- measuring`: a figure, measured in a process of its own, so that its memory is its own. */
import { writeFileSync } from "node:fs";

/** A figure beside what was asked of it. */
export interface Figure {
  /** Such as "Fréchet distance". */
  what: string;
  /** Such as "10,000 + 10,000 images, 2,048 features". */
  size: string;
  /** With its unit. */
  measured: string;
  asked: string;
  /** The same by another program, or why it was not measured. */
  beside?: string;
}

/** Measures the time of some work in seconds, and the processor time that it took. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ value: T; seconds: number; cpuSeconds: number }> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** The most memory that this process has had so far, in MB. */
export const peakMb = (): number => (process.resourceUsage().maxRSS * 1024) / 1e6;

/** A step of some work: its name, its time and processor time in seconds, and the most memory of the process during it and the memory after it, in MB. */
export interface Step {
  readonly step: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMB: number;
  readonly afterMB: number;
  /** V8's heap after the step, and the typed arrays outside of it, MB. */
  readonly heapMB: number;
  readonly arraysMB: number;
}

/** Measures steps that follow each other. Only Linux forgets the peak of the step before, elsewhere `peakMB` is that of all steps so far. */
export class Steps {
  readonly done: Step[] = [];
  #since = performance.now();
  #cpu = process.cpuUsage();

  /** The step that ends now. */
  end(step: string): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    const { rss, heapTotal, arrayBuffers } = process.memoryUsage();
    const seconds = (performance.now() - this.#since) / 1000;
    const memory = { peakMB: peakMb(), afterMB: rss / 1e6, heapMB: heapTotal / 1e6, arraysMB: arrayBuffers / 1e6 };
    this.done.push({ step, seconds, cpuSeconds: (user + system) / 1e6, ...memory });
    if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
    this.#since = performance.now();
    this.#cpu = process.cpuUsage();
  }
}

/** Hands a row to the table of the bench. */
export function show(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
