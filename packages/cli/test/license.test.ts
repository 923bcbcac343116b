import { expect, test } from "vitest";
import { licenseOf } from "../src/license.ts";
import { openTerminal } from "./terminal.ts";

const typed = (line: string) => async () => line;

test("a licence that is named is taken, and none is none", async () => {
  const { context } = openTerminal();
  expect(await licenseOf(context, "mit", null)).toBe("mit");
  expect(await licenseOf(context, "none", null)).toBeUndefined();
});

test("on a terminal it is asked for, with an explanation and a default", async () => {
  const terminal = openTerminal();
  expect(await licenseOf(terminal.context, undefined, typed(""))).toBe("cc-by-4.0");
  expect(terminal.printed.err).toMatch(/Under which licence .*--license/s);
  expect(await licenseOf(terminal.context, undefined, typed(" cc0-1.0 "))).toBe("cc0-1.0");
  expect(await licenseOf(terminal.context, undefined, typed("none"))).toBeUndefined();
});

test("where nobody can be asked it has to be named", async () => {
  await expect(licenseOf(openTerminal().context, undefined, null)).rejects.toMatchObject({
    code: "PICKAPIC_USAGE_ARGUMENT",
    exitCode: 2,
    message: expect.stringContaining("--license none"),
  });
});
