import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = `http://127.0.0.1:${process.env["POLYDUB_PORT"] ?? "7700"}`;

export default defineConfig({
  plugins: [react()],
  // The client is taken from its sources: no build of it has to come first.
  resolve: { conditions: ["polydub-source", "module", "browser", "development|production"] },
  build: {
    target: "es2022",
    manifest: true,
    // What is given out is put in its place by scripts/build.mjs, and never emptied.
    outDir: "dist/.next",
    // The first load has a budget of its own; the player may be larger.
    chunkSizeWarningLimit: 1000,
    // Small pictures stay files: the content policy needs no data: addresses for them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // What changes seldom is fetched seldom.
      output: {
        manualChunks: {
          react: ["react", "react-dom", "react-dom/client"],
          libraries: ["@tanstack/react-query", "@tanstack/react-router", "i18next", "react-i18next"],
        },
      },
    },
  },
  server: { proxy: { "/v1": { target: gateway, ws: true } } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    css: false,
  },
});
