/** @file One row of `npm run bench -- measuring`: a figure, measured in a process of its own, so that its memory is its own. */

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
export const peakMb = (): number => process.resourceUsage().maxRSS / 1000;

/** Hands a row to the table of the bench. */
export function show(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}
