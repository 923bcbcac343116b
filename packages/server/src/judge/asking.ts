/** @file Asks the judge on behalf of a route: gets the images, waits for the scorer, tells the times, and gives up when the caller is gone. */
import { type AskedPair, type JudgedImages, promptedImages } from "@pickapic/judge";
import type { FastifyReply, FastifyRequest } from "fastify";
import { callerOf } from "./callers.ts";
import type { JudgeService } from "./service.ts";

/** Judges the images of a request. Headers of the reply tell which scorer judged, and (Server-Timing) how long the images waited, how much of that to fill a batch, and how long it had them, ms. */
export async function askJudge(
  pairs: readonly AskedPair[],
  { judge, images, metrics }: JudgeService,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<JudgedImages> {
  const { name, turn } = callerOf(request);
  const gone = new AbortController();
  const leave = () => {
    if (!reply.raw.writableEnded) gone.abort(new DOMException("The caller is gone.", "AbortError"));
  };
  reply.raw.once("close", leave);
  try {
    const judged = await judge.judge(await promptedImages(pairs, images), turn, gone.signal);
    metrics.onAnswer(request.routeOptions.url ?? "unknown", name, judged);
    reply.header("pickapic-scorer", encodeURI(judged.facts.scorer));
    reply.header("server-timing", timingOf(judged));
    return judged;
  } finally {
    reply.raw.off("close", leave);
  }
}

function timingOf({ waitedMs, fillMs, computedMs }: JudgedImages): string {
  return `wait;dur=${waitedMs.toFixed(2)}, fill;dur=${fillMs.toFixed(2)}, score;dur=${computedMs.toFixed(2)}`;
}
