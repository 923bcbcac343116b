/** @file The note on a page whose pictures or answers are simulated. */
import { Link } from "@tanstack/react-router";

/** What is simulated on a page. */
export interface Simulated {
  /** The pictures come from the toy world. */
  pictures: boolean;
  /** The answers behind the figures on this page, and how many of them simulated people gave. */
  answers?: { rankings: number; simulated: number };
}

const whole = new Intl.NumberFormat();

/** One or two sentences that say what is simulated; empty when nothing is. */
export function simulatedSentence({ pictures, answers }: Simulated): string {
  const people =
    !answers || answers.simulated === 0
      ? ""
      : answers.simulated === answers.rankings
        ? "Simulated people gave all of these answers."
        : `Simulated people gave ${whole.format(answers.simulated)} of these ${whole.format(answers.rankings)} answers.`;
  return [pictures ? "Simulated pictures from the toy world." : "", people].filter((part) => part !== "").join(" ");
}

/** Shows what is simulated on the page, with a link to the explanation; shows nothing when nothing is. */
export function SimulatedNote(simulated: Simulated) {
  const sentence = simulatedSentence(simulated);
  if (sentence === "") return null;
  return (
    <p className="text-center text-sm text-muted">
      {sentence}{" "}
      <Link to="/about" className="underline underline-offset-2 hover:text-ink">
        What is that?
      </Link>
    </p>
  );
}
