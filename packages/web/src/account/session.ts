/** @file Signs in, consents and signs out. The session cookie alone tells who a person is. */
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

/** Goes to the provider's page, which sends the person back signed in. */
export function useProviderSignIn() {
  return useMutation({
    mutationFn: (provider: string) =>
      call<{ url: string }>("/api/auth/sign-in/social", { method: "POST", body: { provider, callbackURL: "/" } }),
    onSuccess: ({ url }) => location.assign(url),
  });
}

/** Consents to a version of the text. */
export function useConsent() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: string) => call<Me>("/api/consent", { method: "POST", body: { version } }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
    // The text may have changed while it was read: fetch the current one.
    onError: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}

/** Withdraws the consent: nothing of this person is released any more. */
export function useWithdrawal() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<Me>("/api/consent", { method: "DELETE" }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
  });
}

/** Signs out and goes to the first page. Nothing of the person remains in the page or its address. */
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
