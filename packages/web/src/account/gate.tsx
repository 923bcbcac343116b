/**
 * @file Shows a page only to people who are signed in and, where answers are given, have consented to the current text. Asks
 * others for what is missing.
 */
import type { Me, User } from "@pickapic/server/api";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "../http/queries.ts";
import { Page } from "../shell/page.tsx";
import { Failure, Loading } from "../shell/states.tsx";
import { Consent } from "./consent.tsx";
import { Welcome } from "./welcome.tsx";

interface GateProps {
  /** "signed-in" also admits people without a valid consent: their own answers stay readable. */
  needs?: "consent" | "signed-in";
  children: (user: User, me: Me) => ReactNode;
}

/** Shows its children to people who may see them. */
export function Gate({ needs = "consent", children }: GateProps) {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (!me) return <Page>{error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="The page" />}</Page>;
  if (!me.user) return <Welcome me={me} />;
  if (needs === "consent" && me.user.consentVersion !== me.consent.version) return <Consent me={me} user={me.user} />;
  return children(me.user, me);
}
