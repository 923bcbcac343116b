/** @file Which device is taken, and what is said about one that is not there. Answers of drivers are made up; the last tests ask this machine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CARD_NEEDED, softwareCard } from "../../../test/support/softwareCard.ts";
import { absence, availableDevices, type DeviceFacts, type Probe } from "../src/devices.ts";
import { chooseDevice, type Device, fastestPrecision, Graph, GraphError, openSession } from "../src/index.ts";

/** A machine with these answers; what is not named does not start. */
const machine =
  (answers: Partial<Record<string, DeviceFacts>>): Probe =>
  (device, measure) => {
    const facts = answers[device] ?? { reason: `no ${device}`, speed: null };
    return Promise.resolve(measure ? facts : { ...facts, speed: null });
  };
const starts = (float32: number, float16: number | null = null): DeviceFacts => ({ reason: "", speed: { float32, float16 } });

describe("auto", () => {
  test.each<[string, Partial<Record<string, DeviceFacts>>, string, string]>([
    ["the processor where no card starts", {}, "cpu", "Device: cpu (cuda: no cuda; webgpu: no webgpu)."],
    [
      "the fastest card",
      { cpu: starts(100), cuda: starts(20_000), webgpu: starts(3000) },
      "cuda",
      "Device: cuda 20000 GFLOP/s (webgpu: 3000 GFLOP/s; cpu: 100 GFLOP/s).",
    ],
    [
      "the card that starts",
      { cpu: starts(100), webgpu: starts(412.4) },
      "webgpu",
      "Device: webgpu 410 GFLOP/s (cuda: no cuda; cpu: 100 GFLOP/s).",
    ],
    [
      "the processor before a card that is drawn in software",
      { cpu: starts(100), webgpu: starts(0.094) },
      "cpu",
      "Device: cpu 100 GFLOP/s (cuda: no cuda; webgpu: 0.094 GFLOP/s).",
    ],
  ])("takes %s, and says so", async (_what, answers, device, says) => {
    expect(await chooseDevice("auto", { probe: machine(answers) })).toEqual({ device, says });
  });
});

test("auto looks only at the cards that it is told of", async () => {
  const probe = machine({ cpu: starts(100), cuda: starts(20_000), webgpu: starts(3000) });
  expect(await chooseDevice("auto", { probe, cards: ["webgpu"] })).toEqual({
    device: "webgpu",
    says: "Device: webgpu 3000 GFLOP/s (cpu: 100 GFLOP/s).",
  });
});

test("a device that is named is taken without measuring, or refused with what to do", async () => {
  expect(await chooseDevice("webgpu", { probe: machine({ webgpu: starts(1) }) })).toEqual({
    device: "webgpu",
    says: "Device: webgpu, as asked.",
  });
  await expect(chooseDevice("webgpu", { probe: machine({}) })).rejects.toThrow(
    'device "webgpu" cannot be used on this machine: no webgpu. It needs a graphics card with its driver',
  );
});

test.each<[DeviceFacts, string]>([
  [starts(100, 150), "float16"],
  [starts(100, 110), "float32"],
  [starts(100, null), "float32"],
])("float16 is chosen where it is clearly faster %#", async (facts, precision) => {
  expect(await fastestPrecision("webgpu", machine({ webgpu: facts }))).toBe(precision);
  expect(await fastestPrecision("cpu", machine({ cpu: facts }))).toBe("float32");
});

describe("this machine", () => {
  const tiny = () => {
    const g = new Graph("tiny");
    g.output("y", g.add(g.input("x", "float32", [1]), 1));
    return g;
  };

  test("has a processor", async () => {
    expect(availableDevices()).toContain("cpu");
    expect(await chooseDevice("cpu")).toMatchObject({ device: "cpu" });
  });

  test("refuses a device that this build does not have with an error that says what to choose", async () => {
    const missing = (["coreml", "dml", "cuda"] as Exclude<Device, "auto">[]).find((device) => absence(device))!;
    const error: unknown = await openSession(tiny(), { device: missing }).catch((e) => e);
    expect(error).toBeInstanceOf(GraphError);
    expect((error as GraphError).code).toBe("PICKAPIC_GRAPH_DEVICE_MISSING");
    expect((error as GraphError).message).toContain(`device "${missing}" cannot be used on this machine`);
    expect((error as GraphError).message).toContain('"cpu"');
  });

  /** Asks for a device in a process of its own, so that what native code prints is seen. */
  const ask = (device: string, env: NodeJS.ProcessEnv) =>
    promisify(execFile)(
      process.execPath,
      [
        "-e",
        `import(${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)}).then((graph) => graph.chooseDevice("${device}")).then(({ device }) => console.log(device), (error) => console.log(error.message))`,
      ],
      { env },
    );

  test.each(["webgpu", "cuda"])("says in one line that there is no %s, and its drivers print nothing", async (device) => {
    const nowhere = { ...process.env, VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere", CUDA_VISIBLE_DEVICES: "" };
    const { stdout, stderr } = await ask(device, nowhere);
    expect(stdout).toMatch(new RegExp(`^device "${device}" cannot be used on this machine: .*\n$`));
    expect(stdout.trimEnd()).not.toContain("\n");
    expect(stderr).toBe("");
  });

  test.skipIf(softwareCard === null)(`starts a card in software when it is named (${CARD_NEEDED})`, async () => {
    expect((await ask("webgpu", softwareCard!)).stdout).toBe("webgpu\n");
  });
});
