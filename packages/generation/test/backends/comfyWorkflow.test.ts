/** @file A workflow of ComfyUI: which entry of the file of models is refused, what a request fills in, and which output is the picture. */

import { describe, expect, test } from "vitest";
import { comfy } from "../../src/backends/comfy.ts";
import { comfyContract, HISTORY, jobOf, outputOf, rawComfyContract, SLOTS, WORKFLOW } from "./contracts/comfy.ts";
import { answering, onServer, open } from "./opened.ts";
import { GOOD } from "./server.ts";

const APIS = [
  ["API v2", comfyContract, "/api/v2/jobs"],
  ["the raw API", rawComfyContract, "/prompt"],
] as const;

describe("a file of models is refused before anything is asked", () => {
  const { prompt: _prompt, ...others } = SLOTS;
  const NO_PROMPT = 'line 2, slots: expected at least a slot for the prompt, such as {prompt: "6.text"}';
  const noInput = (where: string) => `line 2, slots: prompt: expected "node.input" of the workflow; it has no input "${where}"`;
  test.each([
    [
      "without a workflow",
      { workflow: undefined },
      "line 2, workflow: expected the path of a workflow in ComfyUI's API format (Workflow > Export (API))",
    ],
    [
      "with a workflow that is not there",
      { workflow: "no.json" },
      /line 2, workflow: .*no\.json cannot be read \(there is no such file\)/,
    ],
    ["without a slot for the prompt", { slots: others }, NO_PROMPT],
    ["without slots", { slots: undefined }, NO_PROMPT],
    ["with a slot that the workflow lacks", { slots: { prompt: "6.words" } }, noInput("6.words")],
    ["with a slot of no node", { slots: { prompt: "8.text" } }, noInput("8.text")],
    ["with a slot of a node that every object has", { slots: { prompt: "constructor.name" } }, noInput("constructor.name")],
    ["with a slot that every object has", { slots: { prompt: "6.toString" } }, noInput("6.toString")],
    ["with a slot without an input", { slots: { prompt: "6" } }, noInput("6")],
    ["with a slot without a node", { slots: { prompt: ".text" } }, noInput(".text")],
    ["with a list of inputs of which it lacks one", { slots: { prompt: ["6.text", "6.text_l"] } }, noInput("6.text_l")],
    ["with an empty list of inputs", { slots: { prompt: [] } }, /expected slots such as \{prompt: 6\.text\}/],
    ["with an output that is no node", { output: 90 }, 'line 2, output: the workflow has no node "90"'],
    ["with an output that every object has", { output: "constructor" }, 'line 2, output: the workflow has no node "constructor"'],
    [
      "with a slot that there is not",
      { slots: { cfg: "3.cfg" } },
      'line 2, slots: there is no slot "cfg"; the slots are prompt, negativePrompt, seed, guidance, steps, width, height',
    ],
  ])("%s", async (_fault, entry, sentence) => {
    const opening = open({ comfy: "http://127.0.0.1:1", workflow: "workflow.json", slots: SLOTS, ...entry });
    await expect(opening).rejects.toThrow(sentence);
  });

  test.each([
    ["no JSON", "nodes: []"],
    ["saved for the editor", '{"nodes": [], "links": [], "version": 0.4}'],
    ["empty", "{}"],
  ])("with a workflow that is %s", async (_fault, text) => {
    const opening = open(
      { comfy: "http://127.0.0.1:1", workflow: "wrong.json", slots: SLOTS },
      { files: { "wrong.json": text } },
    );
    await expect(opening).rejects.toThrow(
      /line 2, workflow: .*wrong\.json is no workflow in ComfyUI's API format: export it with Workflow > Export \(API\)/,
    );
  });
});

test("several nodes that store pictures are refused unless the file says which is shown", async () => {
  const around = { files: { "workflow.json": JSON.stringify({ ...WORKFLOW, "10": WORKFLOW["9"], "11": WORKFLOW["9"] }) } };
  await expect(onServer(comfyContract, {}, around)).rejects.toThrow(
    "line 2, output: the workflow stores pictures in the nodes 9, 10, 11: say which is shown, as output: 11",
  );
  expect((await onServer(comfyContract, { output: 9 }, around)).backend.models).toHaveLength(1);
});

test("an entry is read anew when its workflow changes", () => {
  expect(comfy.files?.({ target: "http://server", own: { workflow: "a.json" } })).toEqual(["a.json"]);
  expect(comfy.files?.({ target: "http://server", own: {} })).toEqual([]);
});

describe("a request", () => {
  test.each([
    ["all slots", {}, { seed: expect.any(Number), guidanceScale: 6, negativePrompt: "dog", steps: 9 }],
    ["no slot for the seed", { seed: undefined }, { seed: null }],
    ["no slot for the guidance", { guidance: undefined }, { guidanceScale: null }],
    ["no slot for the negative prompt", { negativePrompt: undefined }, { negativePrompt: null }],
  ])("of a workflow with %s has a setting where there is a slot", async (_what, slots, expected) => {
    const { request } = await onServer(comfyContract, { slots: { ...SLOTS, ...slots }, guidance: 6, steps: 9 });
    expect(request).toMatchObject(expected);
  });

  test.each(APIS)("fills the slots of a copy of the workflow: %s", async (_api, contract, path) => {
    const { generate, bodies } = await onServer(contract, { slots: { ...SLOTS, width: "5.width", height: "5.height" } });
    await generate({ seed: 0, guidanceScale: 6, steps: 9, width: 64, height: 48 });
    await generate({ seed: 2, guidanceScale: null, steps: null, width: null, height: null, negativePrompt: null });
    const sent = bodies(path).map((body) => ({ workflow: null, prompt: null, ...(body as object) }));
    const [first, second] = sent.map(({ workflow, prompt }): unknown => workflow ?? prompt);
    const changed = (k: object, latent: object, text: object, negative: object) => ({
      ...WORKFLOW,
      "3": { ...WORKFLOW["3"], inputs: { ...WORKFLOW["3"].inputs, ...k } },
      "5": { ...WORKFLOW["5"], inputs: { ...WORKFLOW["5"].inputs, ...latent } },
      "6": { ...WORKFLOW["6"], inputs: { ...WORKFLOW["6"].inputs, ...text } },
      "7": { ...WORKFLOW["7"], inputs: { ...WORKFLOW["7"].inputs, ...negative } },
    });
    const text = { text: "a red cat" };
    expect(first).toEqual(changed({ seed: 0, cfg: 6, steps: 9 }, { width: 64, height: 48 }, text, { text: "dog" }));
    expect(second).toEqual(changed({ seed: 2 }, {}, text, {}));
  });

  test("goes into each of several inputs, as in a workflow with two text encoders", async () => {
    const { generate, bodies } = await onServer(comfyContract, {
      slots: { ...SLOTS, prompt: ["6.text", "7.text"], negativePrompt: "9.filename_prefix" },
    });
    await generate();
    const inputs = {
      "6": { inputs: { text: "a red cat" } },
      "7": { inputs: { text: "a red cat" } },
      "9": { inputs: { filename_prefix: "dog" } },
    };
    expect(bodies("/api/v2/jobs")).toMatchObject([{ workflow: inputs }]);
  });

  test("may have an input with a dot in its name", async () => {
    const dotted = { ...WORKFLOW, "6": { class_type: "Styled", inputs: { "style.text": "x" } } };
    const around = { files: { "workflow.json": JSON.stringify(dotted) } };
    const { generate, bodies } = await onServer(comfyContract, { slots: { prompt: "6.style.text" } }, around);
    await generate();
    expect(bodies("/api/v2/jobs")).toMatchObject([{ workflow: { "6": { inputs: { "style.text": "a red cat" } } } }]);
  });

  test.each(APIS)("waits until the one before has its picture: %s", async (_api, contract, path) => {
    const { generate, server } = await onServer(contract);
    await Promise.all([generate(), generate()]);
    const order = server.asked.flatMap((asked) =>
      asked.path === path ? "job" : /view|content/.test(asked.path) ? "picture" : [],
    );
    expect(order).toEqual(["job", "picture", "job", "picture"]);
  });
});

describe("of several outputs the picture is that of the node", () => {
  // The preview is that of a first sampler and has the lower number, so that its output comes first.
  const nodes = { ...WORKFLOW, "2": { class_type: "PreviewImage", inputs: {} }, "12": { class_type: "SomeSaver", inputs: {} } };
  const around = { files: { "workflow.json": JSON.stringify(nodes) } };
  test.each<[title: string, outputs: string[], own: object, taken: string]>([
    ["that saves", ["2", "9"], {}, "9"],
    ["of an extension, where it is no preview", ["2", "12"], {}, "12"],
    ["that saves, before one of an extension", ["2", "12", "9"], {}, "9"],
    ["that the server added", ["2", "77"], {}, "77"],
    ["that the file names", ["2", "9"], { output: 2 }, "2"],
    ["that previews, where there is no other", ["2"], {}, "2"],
  ])("%s", async (_title, outputs, own, taken) => {
    const isPicture = (path: string) => path === "/view" || path.endsWith("/content");
    const made = {
      p1: {
        ...HISTORY,
        outputs: Object.fromEntries(
          outputs.map((node) => [node, { images: [{ filename: node, subfolder: "", type: "output" }] }]),
        ),
      },
    };
    const job = jobOf("job_0", 2, { outputs: outputs.map((node) => outputOf(node, node)) });
    for (const [, contract] of APIS) {
      const chosen = answering(contract, ({ path }) => {
        if (path === "/history/p1") return { body: made };
        if (path === "/api/v2/jobs/job_0") return { body: job };
        return isPicture(path) ? { body: GOOD } : undefined;
      });
      const { generate, server } = await onServer(chosen, own, around);
      await generate();
      const asked = server.asked
        .filter(({ path }) => isPicture(path))
        .map(({ path, query }) => query.get("filename") ?? path.split("/")[4]);
      expect(asked).toEqual([taken]);
    }
  });

  test("that the file names, or none", async () => {
    const { generate } = await onServer(comfyContract, { output: 7 });
    await expect(generate()).rejects.toThrow("expected an output of type image from its backend; got 1 others.");
  });
});
