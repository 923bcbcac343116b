import { expect, test } from "vitest";
import { fileNameOf } from "../../src/shell/fileName.ts";

test("a picture is saved under the words of its prompt, 60 characters at most, with no hyphen at either end", () => {
  expect(fileNameOf("Two red apples, left of a cat!")).toBe("two-red-apples-left-of-a-cat");
  expect(fileNameOf("(a cat)")).toBe("a-cat");
  expect(fileNameOf("猫 / 犬")).toBe("猫-犬");
  expect(fileNameOf("…")).toBe("picture");
  expect(fileNameOf(`${"x".repeat(59)} y`)).toBe("x".repeat(59));
  expect([...fileNameOf("𝒳".repeat(600))]).toHaveLength(60);
});
