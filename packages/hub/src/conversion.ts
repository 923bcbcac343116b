/**
 * @file Finds safetensors of a repository that has only a pickle: the hub's own converter has put them into a pull request of
 * most of these.
 */

import { z } from "zod";
import type { HubClient } from "./client.ts";
import { HubError } from "./errors.ts";

/**
 * The author and the title of that pull request, as transformers checks them. A pull request of any other author may contain
 * anything.
 */
const CONVERTER = "SFconvertbot";
const TITLE = "Adding `safetensors` variant of this model";

/** The name in the cache of the revision that takes the place of a main branch without safetensors. */
export const CONVERTED = "safetensors-of-main";

const schema = z.object({
  discussions: z.array(
    z.object({
      num: z.int().positive(),
      title: z.string(),
      status: z.string(),
      isPullRequest: z.boolean(),
      author: z.object({ name: z.string() }).nullish(),
    }),
  ),
});

/** Returns the revision with the converted weights ("refs/pr/7"), or null. */
export async function findConversion(client: HubClient): Promise<string | null> {
  const query = new URLSearchParams({ type: "pull_request", status: "open", author: CONVERTER });
  const url = `${client.endpoint}/api/models/${client.name.repository}/discussions?${query}`;
  const found = await client
    .requestWhole(url)
    .then(async (response) => schema.safeParse(await response.json()).data)
    .catch((error: unknown) => {
      // A hub without discussions has no conversions.
      if (error instanceof HubError && error.code !== "PICKAPIC_HUB_NOT_FOUND") throw error;
      client.signal?.throwIfAborted();
      return null;
    });
  const request = found?.discussions.find(
    ({ title, status, isPullRequest, author }) =>
      isPullRequest && status === "open" && title === TITLE && author?.name === CONVERTER,
  );
  return request ? `refs/pr/${request.num}` : null;
}
