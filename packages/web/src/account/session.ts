/** @file Signing in, agreeing and signing out. Who a person is comes from the session cookie only. */
import type { Me } from "@pickapic/server/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call } from "../http/client.ts";
import { meQuery } from "../http/queries.ts";

/** Signs in as a new guest. */
export function useGuestSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call("/api/auth/sign-in/anonymous", { method: "POST", body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}

/** Leaves the page for the provider's, and comes back signed in. */
export function useProviderSignIn() {
  return useMutation({
    mutationFn: (provider: string) =>
      call<{ url: string }>("/api/auth/sign-in/social", { method: "POST", body: { provider, callbackURL: "/" } }),
    onSuccess: ({ url }) => location.assign(url),
  });
}

/** Agrees to a version of the consent text. */
export function useConsent() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: string) => call<Me>("/api/consent", { method: "POST", body: { version } }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
    // The text may have changed while it was read: show the one that counts.
    onError: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}

/** From then on nothing of this person is released any more. */
export function useWithdrawal() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<Me>("/api/consent", { method: "DELETE" }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
  });
}

/** Signs out and goes to the first page; nothing of that person stays in the page or in its address. */
export function useSignOut(): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutate } = useMutation({
    mutationFn: () => call("/api/auth/sign-out", { method: "POST", body: {} }),
    onSettled: async () => {
      await navigate({ to: "/", search: {} });
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] === "round" || queryKey[0] === "history" });
    },
  });
  return mutate;
}
