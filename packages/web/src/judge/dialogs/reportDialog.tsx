/** @file The dialog in which a person reports a picture to the operator of the site. */
import type { Comparison, NewReport, REPORT_NOTE_MAX_CHARACTERS, ReportReason, Round, ShownImage } from "@pickapic/server/api";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useState } from "react";
import { sentenceOf } from "../../http/client.ts";
import { Dialog } from "../../shell/dialog.tsx";
import { reportPicture } from "../round/requests.ts";

/** The longest note. Its type is the number in the server's contract, so that another number does not compile. */
const NOTE_MAX_CHARACTERS: typeof REPORT_NOTE_MAX_CHARACTERS = 1_000;

const reasons: [reason: ReportReason, words: string][] = [
  ["offensive", "It is offensive or harmful"],
  ["person", "It shows a real person"],
  ["broken", "It is no proper picture"],
  ["other", "Something else"],
];

interface ReportDialogProps {
  dialog: RefObject<HTMLDialogElement | null>;
  pair: Pick<Comparison, "left" | "right">;
  /** Called with the round as it is after the report. */
  done: (round: Round) => void;
}

/** Asks which of the two pictures is reported, and why. */
export function ReportDialog({ dialog, pair, done }: ReportDialogProps) {
  const [side, setSide] = useState<"left" | "right">("left");
  const [reason, setReason] = useState<ReportReason>("offensive");
  const [note, setNote] = useState("");
  const report = useMutation({
    mutationFn: ({ url, ...said }: NewReport & { url: string }) => reportPicture(url, said),
    onSuccess: (round) => {
      setNote("");
      dialog.current?.close();
      done(round);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    report.mutate({ url: pair[side].url, reason, note });
  };
  return (
    <Dialog dialog={dialog} titleId="report-title">
      <form onSubmit={submit} className="grid gap-4">
        <h2 id="report-title" className="text-2xl font-bold">
          Report a picture
        </h2>
        <p className="text-muted">Whoever runs this site reads the report. For you this pair is replaced by two new pictures.</p>
        <fieldset className="grid grid-cols-2 gap-3">
          <legend className="mb-2 font-semibold">Which one?</legend>
          <Which side="left" image={pair.left} chosen={side} choose={setSide} />
          <Which side="right" image={pair.right} chosen={side} choose={setSide} />
        </fieldset>
        <fieldset className="grid">
          <legend className="mb-1 font-semibold">Why?</legend>
          {reasons.map(([value, words]) => (
            <label key={value} className="flex min-h-11 cursor-pointer items-center gap-3">
              <input
                type="radio"
                name="report-reason"
                className="size-5 accent-accent"
                checked={reason === value}
                onChange={() => setReason(value)}
              />
              {words}
            </label>
          ))}
        </fieldset>
        <label className="grid gap-1 font-semibold">
          Anything to add?
          <textarea
            className="rounded-xl border border-edge bg-transparent p-3 font-normal"
            rows={2}
            maxLength={NOTE_MAX_CHARACTERS}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {report.error && (
          <p role="alert" className="font-medium text-danger">
            {sentenceOf(report.error)}
          </p>
        )}
        <div className="flex flex-wrap gap-3">
          <button type="submit" data-testid="report-send" className="button button-primary grow" disabled={report.isPending}>
            {report.isPending ? "Sending…" : "Send the report"}
          </button>
          <button type="button" className="button button-plain" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface WhichProps {
  side: "left" | "right";
  image: ShownImage;
  chosen: "left" | "right";
  choose: (side: "left" | "right") => void;
}

function Which({ side, image, chosen, choose }: WhichProps) {
  return (
    <label className="grid cursor-pointer gap-1.5 rounded-xl border-2 border-transparent p-1.5 has-checked:border-accent has-focus-visible:outline-3 has-focus-visible:outline-accent">
      <img src={image.url} alt="" className="h-28 w-full rounded-lg bg-sunken object-contain" />
      <span className="flex items-center gap-2">
        <input
          type="radio"
          name="report-side"
          className="size-5 accent-accent"
          checked={side === chosen}
          onChange={() => choose(side)}
        />
        {side === "left" ? "Picture 1" : "Picture 2"}
      </span>
    </label>
  );
}
