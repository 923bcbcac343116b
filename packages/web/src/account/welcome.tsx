/** @file The first page: what this site is, and how to sign in. */
import type { Me } from "@pickapic/server/api";
import { Link } from "@tanstack/react-router";
import { sentenceOf } from "../http/client.ts";
import { usePageHead } from "../shell/head.ts";
import { Icon } from "../shell/icons.tsx";
import { Page } from "../shell/page.tsx";
import { pageAt } from "../shell/pages.ts";
import sampleLost from "./sample-lost.webp";
import sampleWon from "./sample-won.webp";
import { useGuestSignIn, useProviderSignIn } from "./session.ts";

/** The page for a person who is not signed in. */
export function Welcome({ me }: { me: Me }) {
  // This page appears at every address that needs a person, so it sets that address's title.
  usePageHead(pageAt(location.pathname));
  return (
    <Page>
      <div className="my-auto grid grid-cols-[minmax(0,1fr)] items-center gap-8 py-4 sm:gap-10 lg:grid-cols-[1fr_1.1fr]">
        <div className="grid gap-5 sm:gap-6">
          <h1 className="text-5xl leading-[1.02] font-extrabold sm:text-6xl xl:text-7xl">
            Two pictures. <span className="text-accent">You pick.</span>
          </h1>
          <p className="max-w-lg text-lg text-muted">
            Write what you would like to see. Image generators paint it twice, you say which picture is better, again and again.
            The answers of all people together become a dataset of what people like.
          </p>
          {me.simulatedWorld && <ToyWorldSentence />}
          <SignIn me={me} />
          <p className="text-sm text-muted">
            Your name is not published.{" "}
            <Link to="/about" className="link">
              How it works
            </Link>
          </p>
        </div>
        <Sample simulated={me.simulatedWorld} />
      </div>
    </Page>
  );
}

/** A sentence, not a footnote: visitors should not take these images for what real generators can do. */
function ToyWorldSentence() {
  return (
    <p data-testid="toy-world" className="max-w-lg rounded-xl border border-accent bg-accent-soft px-4 py-3 text-ink">
      <strong>The pictures here are toys.</strong> This server paints with a small toy world of vector icons, until its operator
      connects real image generators.
    </p>
  );
}

function SignIn({ me }: { me: Me }) {
  const guest = useGuestSignIn();
  const provider = useProviderSignIn();
  const error = guest.error ?? provider.error;
  const trouble = error ? sentenceOf(error) : cameBackWithout();
  const { guests, providers } = me.signIn;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-3">
        {guests && (
          <button
            type="button"
            data-testid="guest-sign-in"
            className="button button-primary min-h-13 px-6 text-lg"
            disabled={guest.isPending}
            onClick={() => guest.mutate()}
          >
            {guest.isPending ? "One moment…" : "Start as a guest"}
          </button>
        )}
        {providers.map((name) => (
          <button
            key={name}
            type="button"
            className="button button-plain min-h-13 px-6 text-lg"
            disabled={provider.isPending}
            onClick={() => provider.mutate(name)}
          >
            Sign in with {titleOf(name)}
          </button>
        ))}
      </div>
      {!guests && providers.length === 0 && (
        <p className="text-warn">No way to sign in is set up on this server yet. Please ask its operator.</p>
      )}
      {trouble && (
        <p role="alert" className="font-medium text-danger">
          {trouble}
        </p>
      )}
    </div>
  );
}

/** The server sends people here when the provider refused them, or when they cancelled there. */
function cameBackWithout(): string | null {
  const failed = new URLSearchParams(location.search).get("sign-in") === "failed";
  return failed ? "Signing in did not work, or was cancelled: please try again, or choose another way." : null;
}

function titleOf(provider: string): string {
  return provider.charAt(0).toUpperCase() + provider.slice(1);
}

/** A sample pair with one image picked. */
function Sample({ simulated }: { simulated: boolean }) {
  return (
    <figure className="mx-auto grid w-full max-w-md gap-4 lg:max-w-none">
      <div className="grid grid-cols-2 gap-4">
        <img
          src={sampleLost}
          width={320}
          height={320}
          alt="Three yellow foxes left of two tulips: not what was asked for"
          className="aspect-square w-full rotate-[-2deg] rounded-2xl bg-sunken opacity-70 shadow-card"
        />
        <div className="relative rotate-[1.5deg]">
          <img
            src={sampleWon}
            width={320}
            height={320}
            alt="One red fox left of two yellow tulips on a meadow, picked"
            className="aspect-square w-full rounded-2xl bg-sunken shadow-float ring-4 ring-accent"
          />
          <span className="absolute -top-4 -right-3 grid size-12 animate-[pop_400ms_300ms_backwards] place-items-center rounded-full bg-accent text-on-accent shadow-float">
            <Icon name="check" size={28} />
          </span>
        </div>
      </div>
      <figcaption className="text-center text-muted">
        “a red fox left of two yellow tulips on a meadow”
        {simulated && <span className="mt-1 block text-sm">Simulated pictures from the toy world.</span>}
      </figcaption>
    </figure>
  );
}
