"""Small data of each kind, the same in every run."""

import random

HOSTILE = '<img src=x onerror="document.title=1">&"\' </script><script>alert(1)</script>'


def write(path, header, rows):
    cell = lambda x: '"' + x.replace('"', '""') + '"' if isinstance(x, str) else repr(x)
    path.write_text("\n".join(",".join(map(cell, row)) for row in [header, *rows]) + "\n")


def split(directory, name, header, rows):
    """Three quarters to learn from, a quarter to be judged by."""
    cut = len(rows) * 3 // 4
    write(directory / f"{name}.csv", header, rows[:cut])
    write(directory / f"{name}-valid.csv", header, rows[cut:])


def ten(directory):
    """Ten classes."""
    draw, rows = random.Random(1), []
    for _ in range(4000):
        x = [draw.gauss(0, 1) for _ in range(6)]
        level = draw.choice(["north", "south", "east", "west"])
        score = x[0] + x[1] * x[2] + (level == "north") + 0.5 * draw.gauss(0, 1)
        rows.append([min(9, max(0, int(5 + 2 * score))), *x, level])
    split(directory, "ten", ["class", *[f"x{i}" for i in range(6)], "side"], rows)


def numbers(directory):
    """A number to regress on."""
    draw, rows = random.Random(2), []
    for _ in range(4000):
        x = [draw.gauss(0, 1) for _ in range(5)]
        price = round(1e5 + 3e4 * x[0] + 2e4 * abs(x[1]) + 5e3 * draw.gauss(0, 1), 2)
        rows.append([price, *x, round(draw.random() * 30) + 1990])
    split(directory, "numbers", ["price", "size", "rooms", "age", "noise", "more", "year"], rows)


def queries(directory):
    """Queries with grades."""
    draw, rows = random.Random(3), []
    for query in range(300):
        for _ in range(12):
            x = [draw.gauss(0, 1) for _ in range(5)]
            rows.append([min(4, max(0, int(2 + x[0] + 0.5 * x[1] + 0.7 * draw.gauss(0, 1)))), query, *x])
    split(directory, "queries", ["grade", "query", "a", "b", "c", "d", "e"], rows)


def hostile(directory):
    """Wide, with names that are markup, a column that is the label, and one that is constant."""
    draw, rows = random.Random(4), []
    names = [HOSTILE, "leak", "constant", "long " * 400, *[f"column {i}" for i in range(996)]]
    for _ in range(600):
        x = [round(draw.gauss(0, 1), 3) for _ in range(1000)]
        label = int(x[0] + x[4] > 0)
        x[1], x[2] = label, 7
        rows.append([HOSTILE if label else "no", *x])
    split(directory, "hostile", ["label", *names], rows)
