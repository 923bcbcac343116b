/** @file The sentence that says how far the probabilities of a judge can be trusted. */
import { expect, test } from "vitest";
import { calibrationSentence } from "../../src/core/calibration.ts";

test("a judge without votes asks for votes, and one whose votes were too few asks for more, and says how many there were", () => {
  expect(calibrationSentence(null)).toMatch(
    /^The probabilities are uncalibrated\. .* calibrate the judge on votes with --votes DATASET\.$/,
  );
  expect(calibrationSentence(null, "too few votes (27), at least 30 are needed")).toMatch(
    /^The probabilities are uncalibrated: too few votes \(27\), at least 30 are needed\. .* calibrate the judge on more votes with --votes DATASET\.$/,
  );
});
