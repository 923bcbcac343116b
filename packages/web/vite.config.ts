/** @file Builds the pages. `npx vite` serves them with reload on save and passes /api on to a running server. */
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { onePagePerAddress } from "./src/pagesPlugin.ts";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), onePagePerAddress()],
  build: {
    // The first versions with light-dark() and decode(): older browsers would need the colours twice.
    target: ["chrome123", "safari17.5", "firefox125"],
    // The content security policy refuses data: fonts and inline scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": process.env.PICKAPIC_URL ?? "http://localhost:3000" } },
});
