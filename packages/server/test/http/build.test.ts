/** @file How the app is put together, without a database and without a port. */
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { Services } from "../../src/http/app.ts";
import { buildApp } from "../../src/http/build.ts";
import { settingsOf } from "../rounds/rows.ts";

/** An app whose database is silent or not. None of the requests of these tests comes as far as a service. */
async function appWith(isSilent = false, more: Partial<Services> = {}) {
  const streams = { close: vi.fn() };
  const services = {
    settings: settingsOf(),
    changes: { isSilent: () => isSilent },
    streams,
    judge: null,
    adminToken: "t",
    secret: "s",
  };
  const app = await buildApp({ ...services, ...more } as never as Services, pino({ level: "silent" }));
  await app.ready();
  return { app, streams };
}

test("the app has the routes of each feature, with their policies", async () => {
  const { app } = await appWith();
  const document = app.swagger();
  const features = [
    "/api/me",
    "/api/rounds",
    "/api/best-of",
    "/api/comparisons/{id}/answer",
    "/api/history",
    "/api/history/export",
  ];
  const others = [
    "/api/images/{id}",
    "/api/images/{id}/reports",
    "/api/admin/exports",
    "/api/leaderboard",
    "/api/statistics",
    "/api/health",
  ];
  expect([...features, ...others].filter((path) => !(path in (document.paths ?? {})))).toEqual([]);
  expect(document.info.title).toBe("Pick-a-Pic");
  expect(Object.keys(document.paths ?? {}).filter((path) => path.includes("judge"))).toEqual([]);
  expect((await app.inject("/api/docs")).statusCode).toBe(200);
  const refused = await app.inject("/api/history");
  expect([refused.statusCode, refused.json().error.code]).toEqual([401, "PICKAPIC_SIGN_IN_REQUIRED"]);
  expect((await app.inject({ url: "/api/history", headers: { host: "evil.example" } })).statusCode).toBe(421);
  await app.close();
});

test("while the database does not answer, what needs it is refused at once, and nothing else", async () => {
  const { app } = await appWith(true);
  const refused = await app.inject("/api/history");
  expect([refused.statusCode, refused.json().error.code]).toEqual([503, "PICKAPIC_DATABASE_UNREACHABLE"]);
  expect((await app.inject("/api/docs")).statusCode).toBe(200);
  await app.close();
});

test("the end of the app ends its streams", async () => {
  const { app, streams } = await appWith();
  expect(streams.close).not.toHaveBeenCalled();
  await app.close();
  expect(streams.close).toHaveBeenCalledOnce();
});
