/** @file Says that the pictures are simulated, wherever they are shown. */
import { Link } from "@tanstack/react-router";

export function SimulatedNote() {
  return (
    <p className="text-center text-sm text-muted">
      Simulated pictures from the toy world.{" "}
      <Link to="/about" className="underline underline-offset-2 hover:text-ink">
        What is that?
      </Link>
    </p>
  );
}
