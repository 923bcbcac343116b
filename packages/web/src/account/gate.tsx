/** @file Lets through who is signed in and has agreed to the current text; asks the others for what is missing. */
import type { Me, User } from "@pickapic/server/api";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "../http/queries.ts";
import { Failure, Loading } from "../shell/states.tsx";
import { Consent } from "./consent.tsx";
import { Welcome } from "./welcome.tsx";

export function Gate({ children }: { children: (user: User, me: Me) => ReactNode }) {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (!me) return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="The page" />;
  if (!me.user) return <Welcome me={me} />;
  if (me.user.consentVersion !== me.consent.version) return <Consent me={me} agreedBefore={me.user.consentVersion} />;
  return children(me.user, me);
}
