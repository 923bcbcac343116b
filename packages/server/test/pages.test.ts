import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastify } from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ErrorBody } from "../src/api.ts";
import type { App } from "../src/http/app.ts";
import { sendFailure } from "../src/http/failures.ts";
import { refuseUnknown } from "../src/http/methods.ts";
import { compileValidator } from "../src/http/validation.ts";
import { readPages } from "../src/pages/files.ts";
import { pageRoutes } from "../src/pages/routes.ts";

let base: string;
let folder: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "pickapic-pages-"));
  folder = join(base, "pages");
  await mkdir(join(folder, "assets"), { recursive: true });
  const page = (name: string) =>
    `<!doctype html><title>${name}</title><meta property="og:url" content="https://site.invalid/${name}">`;
  for (const name of ["index", "about", "404"]) await writeFile(join(folder, `${name}.html`), page(name));
  await writeFile(join(folder, "robots.txt"), "User-agent: *\n");
  await writeFile(join(folder, "site.webmanifest"), "{}");
  await writeFile(join(folder, ".hidden"), "hidden");
  await writeFile(join(folder, "assets/main-a1b2c3.js"), "export {};");
  await writeFile(join(base, "secret"), "a secret beside the pages");
  await symlink(join(base, "secret"), join(folder, "link"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function site(publicUrl?: string, webFolder: string | undefined = folder) {
  const app = fastify({ frameworkErrors: sendFailure }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(compileValidator).setSerializerCompiler(serializerCompiler).setErrorHandler(sendFailure);
  const refuse = refuseUnknown(app as unknown as App);
  await pageRoutes(app as unknown as App, { webFolder, publicUrl }, refuse);
  return (url: string) => app.inject({ url, headers: { host: "pick.example.org" } });
}

test("each page has an address of its own; any other address is a page that says so, with status 404", async () => {
  const get = await site();
  const seen = async (url: string) => {
    const { statusCode, body, headers } = await get(url);
    return [statusCode, /<title>(.*)<\/title>/.exec(body)?.[1], headers["cache-control"], headers["content-type"]];
  };
  const html = ["no-cache", "text/html; charset=utf-8"];
  expect(await seen("/")).toEqual([200, "index", ...html]);
  expect(await seen("/?round=1")).toEqual([200, "index", ...html]);
  expect(await seen("/about?x=/../y")).toEqual([200, "about", ...html]);
  for (const url of [
    "/nonsense",
    "/about/",
    "/About",
    "/a/b.c/d",
    "/404",
    "/index.html",
    "/.hidden",
    "/link",
    "/secret",
    "/%E2%82%AC",
  ])
    expect([url, ...(await seen(url))]).toEqual([url, 404, "404", ...html]);
});

test("files have their type, those with a hash in their name last, and an old one is an error and no page", async () => {
  const get = await site();
  const script = await get("/assets/main-a1b2c3.js");
  expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect(script.headers["content-type"]).toMatch(/javascript/);
  const robots = await get("/robots.txt");
  expect([robots.headers["content-type"], robots.headers["cache-control"]]).toEqual(["text/plain; charset=utf-8", "no-cache"]);
  expect((await get("/site.webmanifest")).headers["content-type"]).toMatch(/^application\/manifest\+json/);
  expect((await get("/assets/old.js")).json<ErrorBody>().error.code).toBe("PICKAPIC_ROUTE_UNKNOWN");
  expect((await get("/api/nothing")).json<ErrorBody>().error.code).toBe("PICKAPIC_ROUTE_UNKNOWN");
});

test.each(["//", "///", "//a:b", "/..%2fsecret", "/assets/..%2f..%2fsecret", "/a%5Cb", "/a%00", "/a%0Ab", "/%", "/%ff"])(
  "the odd address %s is refused with status 400",
  async (url) => {
    const { statusCode, body } = await (await site())(url);
    expect(statusCode).toBe(400);
    expect(body).not.toContain("a secret beside");
  },
);

test("previews of links get whole addresses: of the public address, or of the host that was asked", async () => {
  expect((await (await site())("/about")).body).toContain('content="http://pick.example.org/about"');
  expect((await (await site("https://pick.example.org:8443"))("/about")).body).toContain(
    'content="https://pick.example.org:8443/about"',
  );
});

test("without built pages the server says how to build them", async () => {
  expect(readPages(join(base, "missing"))).toBeNull();
  expect(readPages(base)).toBeNull();
  expect((await (await site(undefined, join(base, "missing")))("/")).body).toContain("npm start");
});
