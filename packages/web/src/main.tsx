/** @file Where the browser starts. */
import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "./http/queries.ts";
import { openBrowserOutbox } from "./outbox/browser.ts";
import { OutboxProvider } from "./outbox/context.tsx";
import { router } from "./router.tsx";

const element = document.getElementById("root");
if (!element) throw new Error('main: expected an element with id "root" in index.html, found none');

createRoot(element).render(
  <OutboxProvider value={await openBrowserOutbox()}>
    <QueryClientProvider client={newQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </OutboxProvider>,
);
