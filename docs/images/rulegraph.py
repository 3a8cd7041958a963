"""Make the graph of the rules readable: without write_settings, seasons as one, and no arrow that others imply.

In the folder of the workflow, with Graphviz:

    snakemake --configfile config/demo.yaml --rulegraph -- all package | python docs/images/rulegraph.py > rules.dot
    dot -Tsvg rules.dot > docs/images/rulegraph.svg
"""

import re
import sys

import networkx

FONT = 'fontname="Helvetica,Arial,sans-serif", margin="0.2,0.05"'
LEFT_OUT = {"write_settings", "package"}  # an input of nearly every rule; the name of a target


def main() -> None:
    lines = sys.stdin.read().splitlines()
    nodes = [re.match(r'\s*(\d+)\[label = "([^"]+)", color = "([^"]+)"', line) for line in lines]
    names = {found[1]: re.sub(r"_\d{4}$", "_YYYY", found[2]) for found in nodes if found}
    colours = {names[found[1]]: found[3] for found in nodes if found}
    edges = [re.match(r"\s*(\d+) -> (\d+)", line) for line in lines]
    arrows = {(names[found[1]], names[found[2]]) for found in edges if found}
    graph = networkx.DiGraph(arrow for arrow in sorted(arrows) if not LEFT_OUT.intersection(arrow))
    reduced = networkx.transitive_reduction(graph)
    print("\n".join(lines[:4]).replace("fontname=sans", FONT))
    for name in sorted(graph):
        print(f'\t{name}[color = "{colours[name]}"];')
    for source, target in sorted(reduced.edges):
        print(f"\t{source} -> {target};")
    print("}")


if __name__ == "__main__":
    main()
