import { describe, expect, it } from "vitest";
import { readSourceFiles, resolveImport } from "./source-files.ts";

type Graph = Map<string, string[]>;

/** Returns the strongly connected components of more than one file (Tarjan), each sorted by path. */
function findCircles(graph: Graph): string[][] {
  const circles: string[][] = [];
  const indices = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];

  const lower = (path: string, index: number) =>
    lowest.set(path, Math.min(lowest.get(path) ?? Number.POSITIVE_INFINITY, index));

  const visit = (path: string): void => {
    const index = indices.size;
    indices.set(path, index);
    lower(path, index);
    stack.push(path);
    for (const target of graph.get(path) ?? []) {
      if (!indices.has(target)) visit(target);
      if (stack.includes(target)) lower(path, lowest.get(target) ?? index);
    }
    if (lowest.get(path) !== index) return;
    const component = stack.splice(stack.indexOf(path));
    if (component.length > 1 || graph.get(path)?.includes(path)) circles.push(component.toSorted());
  };

  for (const path of graph.keys()) if (!indices.has(path)) visit(path);
  return circles.toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

/** Returns the imports between the members of a circle, one a line. */
function describeCircle(graph: Graph, circle: string[]): string {
  const members = new Set(circle);
  return circle
    .flatMap((path) =>
      (graph.get(path) ?? []).filter((to) => members.has(to)).map((to) => `${path} -> ${to}`),
    )
    .join("\n");
}

const files = ["workers", "shared", "scripts", "dev"].flatMap(readSourceFiles);
const paths = new Set(files.map(({ path }) => path));
const graph: Graph = new Map(
  files.map(({ path, imports }) => [
    path,
    imports
      .map((specifier) => resolveImport(path, specifier))
      .filter((target) => target !== null)
      .filter((target) => paths.has(target)),
  ]),
);

describe("import circles", () => {
  it("the circle finder reports each strongly connected component once", () => {
    const planted: Graph = new Map([
      ["a", ["b", "d"]],
      ["b", ["c"]],
      ["c", ["a"]],
      ["d", ["e"]],
      ["e", ["d", "f"]],
      ["f", []],
      ["g", ["g"]],
    ]);
    expect(findCircles(planted)).toEqual([["a", "b", "c"], ["d", "e"], ["g"]]);
    expect(describeCircle(planted, ["d", "e"])).toBe("d -> e\ne -> d");
  });

  it("the import graph covers every folder, and nearly every relative import leads to a file", () => {
    expect(files.length).toBeGreaterThan(300);
    for (const [folder, minimum] of Object.entries({ workers: 150, shared: 60, dev: 80, scripts: 8 }))
      expect(files.filter(({ path }) => path.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(
        minimum,
      );
    const edges = [...graph.values()].flat().length;
    const relative = files.flatMap(({ imports }) => imports.filter((specifier) => specifier.startsWith(".")));
    expect(edges).toBeGreaterThan(1_000);
    // The others import styles and built text.
    expect(edges).toBeGreaterThan(relative.length * 0.95);
  });

  it("no file imports itself through other files, types included", () => {
    expect(findCircles(graph).map((circle) => describeCircle(graph, circle))).toEqual([]);
  });
});
