/** @file What the environment says about the hub: its address, the token, the time limit, and whether it may be asked at all. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, homeFolder } from "./cache.ts";
import { HubError } from "./errors.ts";

/** The hub that is asked when HF_ENDPOINT names no other; without a slash at the end. */
export const HUB = "https://huggingface.co";

/** A connection without a byte for this long counts as broken, s. HF_HUB_DOWNLOAD_TIMEOUT overrides it. */
const SILENCE = 30;

/** Upper bound of that timeout, short enough for a timer, s. */
const LONGEST_SILENCE = 86_400;

/** Whether the environment forbids requests: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is 1, true, yes or on, in any case. */
export const isOffline = (env: Environment): boolean =>
  [env.HF_HUB_OFFLINE, env.TRANSFORMERS_OFFLINE].some((value) => /^(1|true|yes|on)$/i.test(value ?? ""));

/** How long a connection may be silent, in whole ms. */
export function timeoutMs(env: Environment): number {
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  return Math.ceil(1000 * (seconds > 0 ? Math.min(seconds, LONGEST_SILENCE) : SILENCE));
}

/** HF_TOKEN, else the token of `hf auth login`. @throws HubError, which does not quote it, when no header can hold it */
export async function tokenOf(env: Environment): Promise<string | undefined> {
  const variables = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].map((name) => ({ from: name, text: env[name]?.trim() ?? "" }));
  const file = env.HF_TOKEN_PATH || join(homeFolder(env), "token");
  const { from, text: token } = variables.find(({ text }) => text !== "") ?? {
    from: file,
    text: (await readFile(file, "utf8").catch(() => "")).trim(),
  };
  if (/^[!-~]*$/.test(token)) return token || undefined;
  throw new HubError(
    "PICKAPIC_HUB_DENIED",
    from,
    "expected one word of letters, digits and signs of ASCII; there are spaces, line breaks or others in it: copy the token once more",
  );
}

/** HF_ENDPOINT, which may have a path, else the hub. */
export function endpointOf(env: Environment): string {
  const given = env.HF_ENDPOINT?.trim() || HUB;
  const url = URL.parse(given);
  if (url && /^https?:$/.test(url.protocol) && !/[?#]/.test(given) && !url.username && !url.password)
    return given.replace(/\/+$/, "");
  throw new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    "HF_ENDPOINT",
    `expected an address such as ${HUB}, without a password or a query; got "${withoutPassword(given)}": correct it, or unset it`,
  );
}

/** An address for a message: name and password in front of its @ are replaced by dots. */
export const withoutPassword = (address: string): string => address.replace(/^(.*\/\/)?.*@/, "$1...@");
