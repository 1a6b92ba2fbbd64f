import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting()],
  // The page is served from the app's own origin; nothing is fetched from elsewhere.
  base: "./",
  build: {
    target: ["safari16", "chrome111"],
    outDir: mode === "fixture" ? "dist-fixture" : "dist",
    emptyOutDir: true,
    // One script until the first code, and one style sheet: fewer round trips before the first paint.
    // The other screens and English follow it (src/lib/later.svelte.ts).
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  test: {
    environment: "jsdom",
    testTimeout: 30_000,
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
  },
}));
