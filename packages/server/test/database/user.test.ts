/** @file The system user that runs PostgreSQL when the server itself runs as root. */
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts";
import { databaseUser, requireName } from "../../src/database/user.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** What PostgreSQL's programs ask for about each other, and who asks. */
const ASK = `
  require("fs").accessSync(process.argv[1], require("fs").constants.R_OK);
  process.stdout.write(String(process.getuid()));
`;

test.runIf(isRoot).each([
  ["that only root may enter, such as /root", 0o700],
  ["that all users may enter", 0o755],
])("reads programs in a folder %s, and is not root", async (_what, mode) => {
  const above = await temporaryFolder();
  await chmod(above, 0o755);
  const folder = join(above, "home");
  await mkdir(folder);
  await chmod(folder, mode);
  const program = join(folder, "postgres");
  await writeFile(program, "");
  const user = await databaseUser([program]);
  const { stdout } = await run(...user.command(process.execPath, ["-e", ASK, program]));
  expect(Number(stdout)).toBeGreaterThan(0);
});

test("a user without a name, as in a container that runs under any number, is told what to do", () => {
  expect(() => requireName()).not.toThrow();
  const nobody = () => {
    throw new Error("uv_os_get_passwd returned ENOENT (no such file or directory)");
  };
  expect(() => requireName(nobody)).toThrow(`the user id ${process.getuid?.()} has none here: start as a user of /etc/passwd`);
});
