import { expect, test } from "vitest";
import { historyAddress } from "../../src/http/queries.ts";

test("the address of a page of history says what is wanted, and nothing else", () => {
  expect(historyAddress({ search: "", choice: null }, null)).toBe("/api/history");
  expect(historyAddress({ search: "a & b", choice: "tie" }, "17")).toBe("/api/history?before=17&search=a+%26+b&choice=tie");
});
