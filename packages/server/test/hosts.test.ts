import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostName, isOwnHost } from "../src/http/hosts.ts";
import { type House, openHouse } from "./house.ts";
import { rawRequest } from "./rawRequest.ts";

test("a Host is a name or an address, with or without a port", () => {
  expect(["Localhost:3000", "[::1]:80", "127.0.0.1", "pick.example.org."].map(hostName)).toEqual([
    "localhost",
    "::1",
    "127.0.0.1",
    "pick.example.org",
  ]);
  for (const odd of [undefined, "", "a b", "a/b", "a@b", "//", ":80", "[::1", "a:b:c", "x:999999", "localhost:99999"])
    expect(hostName(odd)).toBeNull();
});

test("the server answers under addresses, localhost, its own name and the public address, and under no other", () => {
  const own = (name: string, publicUrl?: string, host = "localhost") => isOwnHost(name, { publicUrl, host }, "studio");
  expect(
    ["localhost", "a.localhost", "127.0.0.1", "10.0.0.7", "::1", "studio", "studio.local"].filter((name) => !own(name)),
  ).toEqual([]);
  expect(["evil.example", "localhost.evil.example", "1.2.3.4.evil.example", "studio.evil"].filter((name) => own(name))).toEqual(
    [],
  );
  expect(own("pick.example.org", "https://pick.example.org")).toBe(true);
  expect(own("evil.example", "https://pick.example.org")).toBe(false);
  expect(own("inside", undefined, "inside")).toBe(true);
});

describe("over HTTP", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({});
  });
  afterAll(() => house.close());

  test.each([
    ["an empty Host", "", 400],
    ["a Host that is none", "a b", 400],
    ["a Host with a port that is none", "localhost:99999", 400],
    ["another site's name", "evil.example", 421],
    ["an own name", "localhost", 200],
  ])("%s", async (_what, host, status) => {
    for (const path of ["/api/health", "/api/me", "/nowhere"]) {
      const expected = status === 200 && path === "/nowhere" ? 200 : status;
      expect({ path, status: await rawRequest(house.url, path, host) }).toEqual({ path, status: expected });
    }
  });

  test("private replies are kept by nobody", async () => {
    const reply = await fetch(`${house.url}/api/me`);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const refused = await fetch(`${house.url}/api/history`);
    expect([refused.status, refused.headers.get("cache-control")]).toEqual([401, "no-store"]);
  });
});
