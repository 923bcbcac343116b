/** @file For tests, of other packages too: a card without a card. Chromium brings SwiftShader, a Vulkan that computes on the processor; it has no float16. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const FOLDERS = ["/usr/lib/chromium", "/usr/lib64/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome", "/opt/chromium"];

const folder = FOLDERS.find((each) => existsSync(join(each, "vk_swiftshader_icd.json")));

/** Environment in which "webgpu" is that card; null where no Chromium brings it. The loader of Vulkan lies beside the driver. */
export const softwareCard: NodeJS.ProcessEnv | null =
  folder === undefined
    ? null
    : {
        ...process.env,
        VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json"),
        VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
        LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
      };

/** Said in the titles of the tests that are skipped without it. */
export const CARD_NEEDED = "needs the software Vulkan that Chromium brings (vk_swiftshader_icd.json)";

/** Runs a script of the tests on that card; gives the JSON that it prints last. The environment of Vulkan is read when a process starts. */
export async function onSoftwareCard(script: URL): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [script.pathname], { env: softwareCard! });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as unknown;
}
