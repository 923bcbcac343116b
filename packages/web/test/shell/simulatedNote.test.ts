import { expect, test } from "vitest";
import { simulatedSentence } from "../../src/shell/simulatedNote.tsx";

test("what is simulated is said: pictures, people, both, or nothing", () => {
  expect(simulatedSentence({ pictures: true })).toBe("Simulated pictures from the toy world.");
  expect(simulatedSentence({ pictures: false, answers: { rankings: 5, simulated: 0 } })).toBe("");
  expect(simulatedSentence({ pictures: false, answers: { rankings: 5, simulated: 5 } })).toMatch(/all of these answers/);
  expect(simulatedSentence({ pictures: true, answers: { rankings: 1_500, simulated: 5 } })).toMatch(
    /toy world\. Simulated people gave 5 of these 1.500 answers\.$/,
  );
});
