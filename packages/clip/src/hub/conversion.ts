/** @file Safetensors of a repository that has a pickle only: the hub's own converter has put them into a pull request of most of these. */

import { z } from "zod";
import { ClipError } from "../errors.ts";
import type { HubClient } from "./client.ts";

/** Who may have made it, and under which title: transformers trusts the same. A pull request of anybody else may hold anything. */
const CONVERTER = "SFconvertbot";
const TITLE = "Adding `safetensors` variant of this model";

/** The name in the cache of what stands in for a main branch without safetensors. */
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

/** The revision with the converted weights ("refs/pr/7"), or null. */
export async function findConversion(client: HubClient): Promise<string | null> {
  const query = new URLSearchParams({ type: "pull_request", status: "open", author: CONVERTER });
  const url = `${client.endpoint}/api/models/${client.name.repository}/discussions?${query}`;
  const found = await client
    .requestWhole(url)
    .then(async (response) => schema.safeParse(await response.json()).data)
    .catch((error: unknown) => {
      // A hub without discussions has no conversions.
      if (error instanceof ClipError && error.code !== "PICKAPIC_CLIP_HUB_NOT_FOUND") throw error;
      client.signal?.throwIfAborted();
      return null;
    });
  const request = found?.discussions.find(
    ({ title, status, isPullRequest, author }) =>
      isPullRequest && status === "open" && title === TITLE && author?.name === CONVERTER,
  );
  return request ? `refs/pr/${request.num}` : null;
}
