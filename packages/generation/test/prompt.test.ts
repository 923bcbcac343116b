/** @file What people may type, and what becomes of it. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  GENERATION_DEFAULT_NEGATIVE_PROMPT,
  GENERATION_PROMPT_LIMIT,
  GENERATION_PROMPT_PATTERN,
  GenerationError,
  parsePrompt,
} from "../src/index.ts";

/** Any code point, the plain ones more often. (fast-check's own unit "binary" takes seconds to set up.) */
const CHARACTER = fc.oneof(
  fc.constantFrom(...'ab <>[]:_/"'),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);

function codeOf(raw: string): string {
  try {
    parsePrompt(raw);
  } catch (error) {
    if (error instanceof GenerationError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("the negative prompt", () => {
  test("is the default of the original app when none is given", () => {
    expect(parsePrompt("a cat")).toEqual({ prompt: "a cat", negativePrompt: GENERATION_DEFAULT_NEGATIVE_PROMPT });
    expect(GENERATION_DEFAULT_NEGATIVE_PROMPT).toBe("white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy");
  });

  test("is the first [...] and leaves the prompt", () => {
    expect(parsePrompt("a cat [ugly, dog] on a mat [blue]")).toEqual({
      prompt: "a cat on a mat [blue]",
      negativePrompt: "ugly, dog",
    });
  });

  test("is the default when the brackets are empty, and brackets that never close are text", () => {
    expect(parsePrompt("a cat [ ]").negativePrompt).toBe(GENERATION_DEFAULT_NEGATIVE_PROMPT);
    expect(parsePrompt("a cat [ugly").prompt).toBe("a cat [ugly");
  });
});

describe("the prompt", () => {
  test.each([
    "a “quoted” \"cat\" and 'dog'",
    "a (very) {big} cat -- 16:9 / b::2",
    "I <3 cats, 1 < 2 > 0",
    "猫と犬",
    "👩‍👩‍👧 family",
    "$& $1 \\n",
  ])("keeps normal punctuation and every language as typed: %s", (raw) => {
    expect(parsePrompt(raw).prompt).toBe(raw);
  });

  test("has its blanks squeezed, pasted line breaks and tabs too", () => {
    expect(parsePrompt("  a\tcat\r\n on   a mat ").prompt).toBe("a cat on a mat");
  });

  test.each(["", "   ", "\n\t", "\u200b\u200d\ufeff", "\u00a0"])("is refused when nothing can be seen: %j", (raw) => {
    expect(codeOf(raw)).toBe("PICKAPIC_PROMPT_EMPTY");
  });

  test("is refused when only a negative prompt is left, in other words than when there is nothing", () => {
    expect(() => parsePrompt("[ugly]")).toThrow(/only a negative prompt/);
    expect(() => parsePrompt(" ")).toThrow("The prompt is empty");
  });

  test("may have 1,000 characters and not one more, counted as people count them", () => {
    expect(codeOf("a".repeat(GENERATION_PROMPT_LIMIT))).toBe("accepted");
    expect(codeOf("😀".repeat(GENERATION_PROMPT_LIMIT))).toBe("accepted");
    expect(codeOf("a".repeat(GENERATION_PROMPT_LIMIT + 1))).toBe("PICKAPIC_PROMPT_TOO_LONG");
    expect(() => parsePrompt("a".repeat(10_000))).toThrow("at most 1,000 characters, and this one has 10,000");
    expect(() => parsePrompt("😀".repeat(10_000))).toThrow("at most 1,000 characters, and this one has 10,000");
  });

  test.each([
    ["a\u0000cat", "a control character (U+0000)"],
    ["\u0007", "a control character (U+0007)"],
    ["cat\u001b[31m", "a control character (U+001B)"],
    ["\u0085x", "a control character (U+0085)"],
    ["a\u202ecat", "a control character (U+202E)"],
    ["\ud800 cat", "half of a character (a lone surrogate)"],
  ])("is refused with control characters, and they are named: %j", (raw, named) => {
    expect(codeOf(raw)).toBe("PICKAPIC_PROMPT_CONTROL_CHARACTERS");
    expect(() => parsePrompt(raw)).toThrow(`this one contains ${named}:`);
  });

  test.each([
    "a cat <lora:detail:0.8>",
    "<LORA:x:1> cat",
    "cat < lora : x>",
    "<hypernet:x:1> cat",
    '<sd_cpp_extra_args>{"seed":1}</sd_cpp_extra_args> cat',
    "cat <sd_cpp_extra_args",
    "a cat [<lora:x:1>]",
    "<lo[ugly]ra:x:1> cat <lora:x:1>",
  ])("is refused with commands for a backend: %s", (raw) => {
    expect(codeOf(raw)).toBe("PICKAPIC_PROMPT_CONTROL_SYNTAX");
  });

  test.each([
    [`<${"x".repeat(38)}>`, `<${"x".repeat(38)}>`],
    [`<${"x".repeat(39)}>`, `<${"x".repeat(39)}…`],
  ])("a command is repeated in the refusal, its first 40 characters at most: %s", (command, shown) => {
    expect(() => parsePrompt(`a cat ${command}`)).toThrow(`this one has "${shown}":`);
  });

  test("never becomes a command by taking the negative prompt out of its middle", () => {
    expect(parsePrompt("cat <lo[ugly]ra").prompt).toBe("cat <lo ra");
    for (const raw of ["cat <sd[ugly]_cpp_extra_args>", "cat <lora[ugly]:x", "cat [a <b] c>"])
      expect([raw, codeOf(raw)]).toEqual([raw, "PICKAPIC_PROMPT_CONTROL_SYNTAX"]);
  });
});

test("any text is either accepted or refused with one sentence, and what is accepted is accepted again unchanged", () => {
  fc.assert(
    fc.property(fc.string({ unit: CHARACTER, maxLength: 60 }), (raw) => {
      try {
        const { prompt, negativePrompt } = parsePrompt(raw);
        expect(prompt.trim()).toBe(prompt);
        expect(prompt).not.toBe("");
        expect(negativePrompt).not.toBe("");
        if (!prompt.includes("[")) expect(parsePrompt(prompt).prompt).toBe(prompt);
      } catch (error) {
        if (!(error instanceof GenerationError)) throw error;
        expect(error.message).toMatch(/^[A-Z][^\n]*\.$/);
      }
    }),
    { numRuns: 500 },
  );
});

describe("the pattern for JSON schemas", () => {
  const pattern = new RegExp(GENERATION_PROMPT_PATTERN, "u");

  test.each([
    ["a cat", true],
    ["[a] cat\n", true],
    ["I <3 cats, a < b", true],
    ["[a][b]", true],
    ["", false],
    [" \u200b\u{e0041}", false],
    ["[only this] ", false],
    ["<lora:x:1>", false],
    ["a <B>", false],
    ["a\u0000cat", false],
    ["\u202ecat", false],
  ])("%j", (raw, accepted) => {
    expect([pattern.test(raw), codeOf(raw) === "accepted"]).toEqual([accepted, accepted]);
  });

  test("accepts what parsePrompt accepts, and no more unless a bracket stands inside of control syntax", () => {
    fc.assert(
      fc.property(fc.string({ unit: CHARACTER, maxLength: 12 }), (raw) => {
        if (!raw.isWellFormed()) return;
        const accepted = codeOf(raw) === "accepted";
        if (!pattern.test(raw)) expect([raw, accepted]).toEqual([raw, false]);
        else if (!/<.*\[/s.test(raw)) expect([raw, accepted]).toEqual([raw, true]);
      }),
      { seed: 7, numRuns: 3_000 },
    );
  });

  test("knows every invisible character", () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x300 ? 1 : 61) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const text = String.fromCodePoint(code);
      expect(pattern.test(text) === (codeOf(text) === "accepted") || code).toBe(true);
    }
  });
});
