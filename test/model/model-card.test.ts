// The model card, read the way a hub reads it: front matter first, then Markdown.

import { describe, expect, test } from "vitest";
import { escapeMarkdown, renderModelCard } from "../../src/model/model-card.js";
import { exampleReport, hostileName } from "./report-example.js";

const card = renderModelCard(exampleReport(3));

describe("the model card", () => {
  test("starts with front matter that names the library and leaves the licence to the user", () => {
    const [, frontMatter] = /^---\n([\s\S]*?)\n---\n/.exec(card)!;
    expect(frontMatter).toMatch(/^library_name: logdet$/m);
    expect(frontMatter).toMatch(/^license: unknown$/m);
    expect(frontMatter).toMatch(/^tags:\n(- [a-z-]+\n?)+$/m);
  });

  test("lists the columns in order with kind, step and numbers", () => {
    expect(card).toContain("| column 1 | continuous |  | 10.5 | 2.25 | −1,234.5 | 98,765.4 |");
    expect(card).toContain("| column 3 | discrete | 1 | 12.5 | 2.25 | −1,234.5 | 98,765.4 |");
  });

  test("gives the metrics of model and Gaussian in nats per row", () => {
    expect(card).toContain("| This model | −2.21 ± 0.12 |");
    expect(card).toContain("| Gaussian with full covariance | −5.42 |");
    expect(card).toContain("3.21 nats more likely than a Gaussian");
  });

  test("has every section, and code for four places", () => {
    const headings = [...card.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["Model", "Columns", "Training data", "Metrics", "How to use", "Limits"]);
    expect(card.match(/^```(sh|js|python)$/gm)!.length).toBe(4);
  });

  test("keeps hostile names inside their cells and lines", () => {
    const data = exampleReport(3);
    const hostile = renderModelCard({
      ...data,
      title: hostileName,
      data: {
        ...data.data,
        sources: [hostileName],
        columns: data.data.columns.map((c) => ({ ...c, name: hostileName })),
      },
      model: { ...data.model, description: hostileName, recipe: hostileName },
    });
    expect(hostile.split("\n").length).toBe(card.split("\n").length);
    expect(hostile).not.toMatch(/<script/i);
    // Between fences nothing is markup.
    const words = (text: string) => text.replace(/^```\w+\n[\s\S]*?\n```$/gm, "");
    expect(words(hostile)).not.toMatch(/(?<!\\)\]\(http/i);
    const cells = (line: string) => line.match(/(?<!\\)\|/g)?.length ?? 0;
    for (const [i, line] of words(hostile).split("\n").entries())
      expect(cells(line)).toBe(cells(words(card).split("\n")[i]!));
  });
});

describe("escaped Markdown", () => {
  test.each([
    ["a|b", "a\\|b"],
    ["a\nb", "a b"],
    ["<b>", "&lt;b&gt;"],
    ["# not a heading", "\\# not a heading"],
    ["- not a list", "\\- not a list"],
    ["12. not a list", "12\\. not a list"],
    ["[x](y)", "\\[x\\](y)"],
    ["snake_case*", "snake\\_case\\*"],
    ["a\\|b", "a\\\\\\|b"],
    ["&amp;", "&amp;amp;"],
    ["http://x.example", "http&#58;//x.example"],
    ["plain, text (1.5).", "plain, text (1.5)."],
    ["10.5", "10.5"],
  ])("%j becomes %j", (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });
});
