import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../src/lib/i18n/en";
import { i18n, pickLanguage, spoken } from "../src/lib/i18n/index.svelte";
import { ja } from "../src/lib/i18n/ja";

type Tree = { readonly [key: string]: unknown };

/** Every text's path, such as `errors.busy.title`; functions and lists are texts as well. */
function paths(tree: Tree, before = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? paths(value as Tree, `${before}${key}.`)
      : [`${before}${key}`],
  );
}

function at(tree: Tree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split(".")) value = (value as Tree)[key];
  return value;
}

function sources(folder: string): string {
  return readdirSync(folder)
    .filter((name) => !["i18n", "ipc"].includes(name))
    .map((name) => join(folder, name))
    .map((path) => (statSync(path).isDirectory() ? sources(path) : readFileSync(path, "utf8")))
    .join("\n");
}

const DYNAMIC = /^(errors|disk|pin\.done|sending\.steps|check\.untold)\./;

/** Texts no source mentions. Those reached by a code or a step are bound by their types. */
function unused(catalogue: Tree, source: string): string[] {
  return paths(catalogue)
    .filter((path) => !DYNAMIC.test(path) && path !== "readings")
    .filter((path) => !new RegExp(`\\bm\\.${path.replaceAll(".", "\\.")}\\b`).test(source));
}

describe("the catalogue", () => {
  it("says everything in both languages", () => {
    expect(paths(en as unknown as Tree)).toEqual(paths(ja));
    for (const path of paths(ja)) {
      for (const tree of [ja, en as unknown as Tree]) {
        const value = at(tree, path);
        if (typeof value === "string") expect(value.trim(), path).not.toBe("");
      }
    }
  });

  it("holds no Japanese in the English, but for the language's own name", () => {
    const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;
    const found = paths(ja).filter((path) => japanese.test(String(at(en as unknown as Tree, path))));
    expect(found).toEqual(["app.switchLanguage", "menu.language"]);
  });

  it("has no text that nobody says", () => {
    const source = sources("src");
    expect(unused(ja, source)).toEqual([]);
    expect(unused({ app: { planted: "x" } }, source)).toEqual(["app.planted"]);
  });
});

describe("the language", () => {
  it("is the one chosen, else the system's, else Japanese", () => {
    expect(pickLanguage("en", ["ja-JP"])).toBe("en");
    expect(pickLanguage(null, ["fr-FR", "en-GB", "ja"])).toBe("en");
    expect(pickLanguage(null, ["ja-JP", "en"])).toBe("ja");
    expect(pickLanguage(null, ["de"])).toBe("ja");
    expect(pickLanguage(null, [])).toBe("ja");
  });

  it("reads digits one by one", () => {
    i18n.language = "ja";
    expect(document.documentElement.lang).toBe("ja");
    expect(spoken("0129")).toBe("ゼロ・いち・に・きゅう");
    i18n.language = "en";
    expect(document.documentElement.lang).toBe("en");
    expect(spoken("0129")).toBe("zero one two nine");
  });
});
