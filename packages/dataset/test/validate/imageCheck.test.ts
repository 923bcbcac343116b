import { expect, test } from "vitest";
import { Report } from "../../src/validate/findings.ts";
import { ImageCheck } from "../../src/validate/imageCheck.ts";

/** Checks image "a" with these bytes in the rows of a split, beside another image that each row has for itself. */
async function differing(pictures: readonly string[], between = 0): Promise<string | undefined> {
  const report = new Report();
  const check = new ImageCheck(report, false);
  for (const [i, picture] of pictures.entries()) {
    for (let other = 0; other <= between; other++) {
      const jpgs = { jpg_0: Buffer.from(other === 0 ? picture : "another"), jpg_1: Buffer.from(`${i} ${other}`) };
      const uids = { image_0_uid: other === 0 ? "a" : `other ${i} ${other}`, image_1_uid: `own ${i} ${other}` };
      await check.check("train", { ranking_id: BigInt(i), ...uids, ...jpgs });
    }
  }
  return report.findings()[0]?.message;
}

test.each([0, 20])(
  "each row whose picture is not that of the first row with its uid is counted, %i rows apart",
  async (between) => {
    expect(await differing(["first", "first", "first"], between)).toBeUndefined();
    expect(await differing(["first", "other", "other", "first", "other"], between)).toMatch(
      /ranking 1: image a must be the same in every row, .*\(and 2 more rows like it\)\.$/,
    );
  },
);
