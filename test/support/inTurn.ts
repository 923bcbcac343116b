/**
 * @file A program that imports the files of its command line one after another, and sends its parent a verdict on each: examples that share a process load
 * the packages once. It ends by itself when no example leaves anything open.
 */

/** What became of one file. */
export interface Verdict {
  file: string;
  /** What it failed with; empty when it did not. */
  complaint: string;
}

for (const file of process.argv.slice(2)) {
  const verdict: Verdict = { file, complaint: await complaintOf(file) };
  process.send?.(verdict);
}

async function complaintOf(file: string): Promise<string> {
  try {
    await import(file);
    return process.exitCode ? `it left the exit code ${process.exitCode}` : "";
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    process.exitCode = undefined;
  }
}
