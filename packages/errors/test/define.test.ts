import { expect, expectTypeOf, test } from "vitest";
import { defineErrors, sampleText, UserError } from "../src/index.ts";

const ShopError = defineErrors("ShopError", {
  PICKAPIC_SHOP_SHUT: { status: 503, text: (hour: number) => `The shop is shut: come back at ${hour}.` },
  PICKAPIC_SHOP_COIN: { exitCode: 2, text: (came: string) => `Expected a coin; got ${came}.` },
});
type ShopError = InstanceType<typeof ShopError>;

test("an error has the code, status, exit code and sentence of its line in the table", () => {
  const error: ShopError = new ShopError("PICKAPIC_SHOP_SHUT", 9);
  expect(error).toMatchObject({ name: "ShopError", code: "PICKAPIC_SHOP_SHUT", status: 503, exitCode: 1 });
  expect(error.message).toBe("The shop is shut: come back at 9.");
  expect(error).toBeInstanceOf(ShopError);
  expect(error).toBeInstanceOf(UserError);
  expect(error.stack).toContain("define.test.ts");
  expect(new ShopError("PICKAPIC_SHOP_COIN", "a leaf")).toMatchObject({ status: 500, exitCode: 2 });
});

test("code and values are checked when the program is compiled", () => {
  expectTypeOf<ShopError["code"]>().toEqualTypeOf<"PICKAPIC_SHOP_SHUT" | "PICKAPIC_SHOP_COIN">();
  // @ts-expect-error The text needs an hour.
  expect(new ShopError("PICKAPIC_SHOP_SHUT").message).toContain("undefined");
  // @ts-expect-error There is no such code.
  expect(() => new ShopError("PICKAPIC_SHOP_OPEN")).toThrow(TypeError);
});

test("the cause is kept for the log and is not part of the sentence", () => {
  const cause = new Error("the key broke");
  const error = new ShopError("PICKAPIC_SHOP_SHUT", 9).because(cause);
  expect(error).toBeInstanceOf(ShopError);
  expect(error.cause).toBe(cause);
  expect(error.message).not.toContain("key");
});

test("an error that another process sent is restored with its finished message", () => {
  const { code, message } = new ShopError("PICKAPIC_SHOP_COIN", "a leaf");
  const restored = ShopError.restore(code, message);
  expect(restored).toBeInstanceOf(ShopError);
  expect(restored).toMatchObject({ name: "ShopError", code, message, exitCode: 2 });
  expect(ShopError.restore("PICKAPIC_SHOP_OPEN", message)).toBeUndefined();
  expect(ShopError.restore("toString", message)).toBeUndefined();
});

test("what a text quotes cannot move the cursor of a terminal or flood it", () => {
  expect(new ShopError("PICKAPIC_SHOP_COIN", "\u001b[2J\rclean\u2028x\u0007").message).toBe(
    "Expected a coin; got  [2J clean x .",
  );
  expect(new ShopError("PICKAPIC_SHOP_COIN", "x".repeat(1e6)).message.length).toBeLessThan(1600);
  const lines = new ShopError("PICKAPIC_SHOP_COIN", "leaf\n".repeat(1000)).message.split("\n");
  expect(lines).toHaveLength(61);
  expect(lines.at(-1)).toBe("... and 941 lines more.");
});

test("for documentation a text has the names of its values in their place", () => {
  expect(sampleText(ShopError.table.PICKAPIC_SHOP_COIN)).toMatch(/^Expected a coin; got ‹\w+›\.$/);
  expect(sampleText({ text: () => "The shop is shut." })).toBe("The shop is shut.");
});
