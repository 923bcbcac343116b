import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.ts";
import { eosPositions, openTokenizer, tokenizerJson } from "../../src/tokenizer/tokenizer.ts";
import { FIXTURES, fixtureJson } from "../fixtures.ts";

const { prompts, ids } = fixtureJson<{ prompts: string[]; ids: Record<string, string> }>("tokens.json.gz");

function filesOf(name: string): Map<string, string> {
  const folder = join(FIXTURES, name);
  const files = readdirSync(folder).filter((file) => /token|vocab|merges/.test(file));
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

const open = (name: string) => openTokenizer(filesOf(name), 77, name);

// `quickgelu` has vocab.json and merges.txt and pads with the end token; `gelu` has tokenizer.json, special tokens first, and pads with "!".
test.each(["quickgelu", "gelu"])("5,000 prompts get the ids of transformers with the files of %s", (name) => {
  const bytes = Buffer.from(ids[name]!, "base64");
  const expected = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const actual = open(name).encode(prompts);
  expect(actual).toHaveLength(expected.length);
  const wrong = prompts.filter((_, row) =>
    expected.subarray(row * 77, (row + 1) * 77).some((id, column) => actual[row * 77 + column] !== BigInt(id)),
  );
  expect(wrong).toEqual([]);
});

interface Variant {
  name: string;
  json: boolean;
  files: Record<string, unknown>;
  ids: number[][];
}
const added = fixtureJson<{ texts: string[]; variants: Variant[] }>("added.json");

test.each(added.variants)(
  "unusual blanks and added tokens: ids of transformers with the files of the variant $name",
  (variant) => {
    const base = filesOf("quickgelu");
    const vocab = JSON.parse(base.get("vocab.json")!) as Record<string, number>;
    const merges = base.get("merges.txt")!.trim().split("\n").slice(1).map((line) => line.split(" ") as [string, string]); // biome-ignore format: one line
    const files = new Map(variant.json ? [["tokenizer.json", JSON.stringify(tokenizerJson(vocab, merges))]] : base);
    for (const [name, content] of Object.entries(variant.files)) files.set(name, JSON.stringify(content));
    const tokenizer = openTokenizer(files, 77, variant.name);
    for (const [i, text] of added.texts.entries()) {
      const expected = variant.ids[i]!;
      const padded = Array.from({ length: 77 }, (_, column) => expected[column] ?? expected.at(-1));
      expect(Array.from(tokenizer.encode([text]), Number), JSON.stringify(text)).toEqual(padded);
    }
  },
);

test("a text in a list gets the same ids as alone", () => {
  const tokenizer = open("gelu");
  const some = prompts.slice(20, 60);
  expect(tokenizer.encode(some)).toEqual(BigInt64Array.from(some.flatMap((text) => Array.from(tokenizer.encode([text])))));
  expect(tokenizer.encode([])).toHaveLength(0);
});

test("a text that is too long keeps its end token last, whatever the number of positions", () => {
  const tokenizer = openTokenizer(filesOf("quickgelu"), 5);
  const rows = tokenizer.encode(["cat ".repeat(40), ""]);
  expect([rows[0], rows[4]]).toEqual([672n, 673n]);
  expect(Array.from(rows.subarray(5))).toEqual([672n, 673n, 673n, 673n, 673n]);
});

test("half a surrogate pair is read as the replacement character", () => {
  const tokenizer = open("gelu");
  expect(tokenizer.encode(["a \ud83d b"])).toEqual(tokenizer.encode(["a \ufffd b"]));
});

test("the end is the first place of the highest id under the old convention, else of the named id", () => {
  const rows = BigInt64Array.of(8n, 3n, 9n, 9n, /**/ 8n, 2n, 1n, 1n);
  expect(eosPositions(rows, 4, { eosTokenId: 2 })).toEqual(BigInt64Array.of(2n, 0n));
  expect(eosPositions(rows, 4, { eosTokenId: 1 })).toEqual(BigInt64Array.of(0n, 2n));
  expect(eosPositions(rows, 4, { eosTokenId: 9 })).toEqual(BigInt64Array.of(2n, 0n));
});

test("files that are not a CLIP tokenizer are refused, and it is said why", () => {
  const good = filesOf("gelu");
  const changed = (change: (json: { model: Record<string, unknown>; added_tokens: unknown[] }) => void) => {
    const json = JSON.parse(good.get("tokenizer.json")!);
    change(json);
    return new Map([["tokenizer.json", JSON.stringify(json)]]);
  };
  const cases: [Map<string, string>, RegExp][] = [
    [new Map(), /expected tokenizer\.json, or vocab\.json and merges\.txt/],
    [new Map([["vocab.json", "{}"]]), /expected tokenizer\.json, or vocab\.json and merges\.txt/],
    [new Map([["tokenizer.json", "{"]]), /tokenizer\.json: expected a JSON object/],
    [new Map([["tokenizer.json", "{}"]]), /expected a model of type BPE/],
    [
      changed((json) => {
        json.model.type = "WordPiece";
      }),
      /expected a model of type BPE/,
    ],
    [
      changed((json) => {
        json.model.merges = 7;
      }),
      /tokenizer\.json cannot be used/,
    ],
    [
      changed((json) => {
        json.added_tokens = [];
        json.model.vocab = { a: 0 };
      }),
      /expected the token <\|endoftext\|> in its vocabulary/,
    ],
    [new Map([...good, ["tokenizer_config.json", '{"eos_token": 5}']]), /tokenizer_config\.json: eos_token/],
    [new Map([...good, ["tokenizer_config.json", '{"pad_token": "<pad>"}']]), /expected the token <pad> in its vocabulary/],
  ];
  for (const [files, words] of cases) {
    expect(() => openTokenizer(files, 77, "here"), String(words)).toThrow(ClipError);
    expect(() => openTokenizer(files, 77, "here")).toThrow(words);
  }
});

test("a tokenizer of another model, with more tokens than this one has, is refused when a text needs one of them", () => {
  const files = filesOf("quickgelu");
  const known = openTokenizer(files, 77, "here", 674).encode(["a red cat"]);
  expect(known).toEqual(openTokenizer(files, 77).encode(["a red cat"]));
  const highest = Number(known.reduce((high, id) => (id > high ? id : high)));
  expect(() => openTokenizer(files, 77, "here", highest)).toThrow(
    /here: .* expected the token .* with an id below \d+; it is not there\.$/,
  );
  const settings = { bos_token: "!", eos_token: "!", pad_token: "!" };
  const small = openTokenizer(new Map([...files, ["tokenizer_config.json", JSON.stringify(settings)]]), 77, "here", 600);
  expect(() => small.encode(["a cinematic photo"])).toThrow(
    /^here: this is not a CLIP tokenizer: expected ids below 600, as the model has that many tokens; got \d+: it belongs to another model\.$/,
  );
});

test("a tokenizer.json that breaks only when it is used says so then", () => {
  const json = JSON.parse(filesOf("gelu").get("tokenizer.json")!) as { post_processor: Record<string, unknown> };
  delete json.post_processor.sep;
  const tokenizer = openTokenizer(new Map([["tokenizer.json", JSON.stringify(json)]]), 77, "here");
  expect(() => tokenizer.encode(["a cat"])).toThrow(/^here: this is not a CLIP tokenizer: tokenizer\.json cannot be used: .*\.$/);
});
