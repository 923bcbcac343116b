import { expect, test } from "vitest";
import { byCanonical, canonical, companionsOf, imageColumnsOf, imagePairOf, sidesOf } from "../../src/tables/vocabulary.ts";

test.each([
  ["Image A", "image_a"],
  ["image-A ", "image_a"],
  ["imageA", "image_a"],
  ["IMAGE_A", "image_a"],
  [" Prompt", "prompt"],
  ["Größe (cm)", "größe_cm"],
  ["__index_level_0__", "index_level_0"],
])("%j is spelled %j", (name, expected) => {
  expect(canonical(name)).toBe(expected);
});

test.each([
  [["image_a", "image_b"], ["a", "b"]],
  [["Image 0", "Image 1"], ["0", "1"]],
  [["image1", "image2"], ["1", "2"]],
  [["img_a_path", "img_b_path"], ["a", "b"]],
  [["jpg_0", "jpg_1"], ["0", "1"]],
  [["left_image", "right_image"], ["left", "right"]],
  [["Left", "Right"], ["left", "right"]],
  [["path_1", "path_2"], ["1", "2"]],
])("%j are a pair", (names, sides) => {
  const pair = imagePairOf(byCanonical(["prompt", ...names, "choice"]));
  expect(pair).toEqual(names);
  expect(sidesOf(pair!)).toEqual(sides);
  expect(imageColumnsOf(byCanonical(["prompt", ...names, "choice"]))).toEqual(names);
}); // biome-ignore format: a table

test.each([
  [["prompt", "image_0_uid", "image_1_uid", "image_0_url"], []],
  [["prompt", "image", "image_2"], ["image_2"]],
  [["prompt", "image", "seed"], ["image"]],
  [["prompt", "image_a", "image_b", "image_c"], ["image_a", "image_b", "image_c"]],
  [["prompt", "chosen", "rejected"], ["chosen", "rejected"]],
])("of %j the images are %j", (names, expected) => {
  expect(imageColumnsOf(byCanonical(names))).toEqual(expected);
}); // biome-ignore format: a table

test("labels and models go with the images, or are named in another way", () => {
  const columns = byCanonical(["label_0", "label_1", "label_a", "label_b", "Model 1", "Model 2"]);
  expect(companionsOf(columns, "label", ["0", "1"])).toEqual(["label_0", "label_1"]);
  expect(companionsOf(columns, "label", ["a", "b"])).toEqual(["label_a", "label_b"]);
  expect(companionsOf(columns, "model", ["0", "1"])).toEqual(["Model 1", "Model 2"]);
  expect(companionsOf(columns, "image_uid", ["0", "1"])).toBeUndefined();
});
