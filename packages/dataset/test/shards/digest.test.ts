import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { CALLERS_DIGESTER, startDigester } from "../../src/shards/digest.ts";

test("a thread gives the checksums of files that grow side by side, and the caller may change its bytes at once", async () => {
  const digester = startDigester();
  const [first, second, none] = [digester.start(), digester.start(), CALLERS_DIGESTER.start()];
  const piece = new Uint8Array(3e6);
  for (let i = 0; i < 9; i++) {
    await first.update(piece.fill(i));
    await second.update(piece.fill(100 + i));
  }
  const sumOf = (start: number) => {
    const hash = createHash("sha256");
    for (let i = 0; i < 9; i++) hash.update(piece.fill(start + i));
    return hash.digest("hex");
  };
  expect([await first.hex(), await second.hex()]).toEqual([sumOf(0), sumOf(100)]);
  expect(await none.hex()).toBe(createHash("sha256").digest("hex"));
  await digester.stop();
});

test("every call rejects when the thread has ended", async () => {
  const digester = startDigester();
  const [digest, other] = [digester.start(), digester.start()];
  await digest.update(new Uint8Array(1));
  const asked = other.hex();
  asked.catch(() => undefined);
  await digester.stop();
  await expect(digest.hex()).rejects.toThrow("The thread that computes checksums ended.");
  await expect(digest.update(new Uint8Array(1))).rejects.toThrow("The thread that computes checksums ended.");
});
