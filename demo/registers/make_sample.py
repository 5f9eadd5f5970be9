#!/usr/bin/env python3
"""Pick about 1,000 people out of the full synthetic registers, with all their rows, byte for byte.

    ./make_sample.py /path/to/registers [--people 1000] [--out .]

Households stay whole (same address, or guardian and child), so that every guardian is there. All 60 people of the
next day's extract come along, the refused rows and their list as they are; so do children whose records stayed in the
city they left, and people under non-disclosure. The same bytes for the same registers.
"""
import argparse, csv, json, random
from collections import defaultdict
from pathlib import Path

# file: (encoding, delimiter or None for JSON lines, the column of the person)
FILES = {
    "helsinki/residents.csv": ("utf-8-sig", ";", "hetu"),
    "helsinki/early_education.csv": ("utf-8-sig", ";", "child"),
    "helsinki/library.csv": ("utf-8-sig", ";", "hetu"),
    "helsinki/child_health.jsonl": ("utf-8", None, "hetu"),
    "espoo/residents.jsonl": ("utf-8", None, "personalId"),
    "espoo/early_education.jsonl": ("utf-8", None, "child"),
    "espoo/sports_passes.jsonl": ("utf-8", None, "personalId"),
    "turku/residents.csv": ("cp1252", ",", "hetu"),
    "turku/early_education.csv": ("cp1252", ",", "child"),
    "oulu/residents.tsv": ("utf-8", "\t", "hetu"),
    "oulu/school.tsv": ("utf-8", "\t", "pupil"),
}
DAY2, REFUSED = "helsinki/residents_day2.csv", "residents_day2_refused.json"


def read(folder, name):
    """The heading's bytes, and (row, bytes of its line) pairs. No row of these registers spans lines."""
    encoding, delimiter, _ = FILES.get(name, FILES["helsinki/residents.csv"])
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    if delimiter is None:
        return b"", [(json.loads(line), line) for line in lines]
    texts = [line.decode(encoding if i == 0 else encoding.removesuffix("-sig")) for i, line in enumerate(lines)]
    rows = list(csv.DictReader(texts, delimiter=delimiter))
    assert len(rows) == len(lines) - 1, name
    return lines[0], list(zip(rows, lines[1:]))


class Households:
    """People joined by address or guardianship."""

    def __init__(self):
        self.of = {}

    def find(self, a):
        self.of.setdefault(a, a)
        while self.of[a] != a:
            self.of[a] = self.of[self.of[a]]
            a = self.of[a]
        return a

    def join(self, a, b):
        self.of[self.find(a)] = self.find(b)


def facts(name, row):
    """Address, guardians and protection of a row of residents."""
    if name.endswith(".jsonl"):
        return (name, row["address"]["street"], row["address"]["postalCode"]), row["guardians"], row["nonDisclosure"]
    guardians = [g for g in row["huoltajat"].split(",") if g]
    return (name, row["katuosoite"], row["postinumero"]), guardians, row["turvakielto"] == "K"


def choose(files, day2, wanted):
    rng = random.Random(1)
    homes, city, protected = Households(), {}, set()
    held = defaultdict(set)  # person -> (city, register) pairs besides residence
    for name, (_, rows) in files.items():
        where, register = name.split("/")
        for row, _ in rows:
            person = row[FILES[name][2]]
            homes.find(person)
            if register.startswith("residents"):
                city[person] = where
                address, guardians, is_protected = facts(name, row)
                homes.join(person, address)
                for guardian in guardians:
                    homes.join(person, guardian)
                if is_protected:
                    protected.add(person)
            else:
                held[person].add((where, register.split(".")[0]))

    moved = sorted(p for p in held if any(where != city[p] for where, _ in held[p]))
    story = [p for p in moved if city[p] == "espoo" and {r for w, r in held[p] if w == "helsinki"} >= {"early_education", "child_health"}]
    others = [p for p in moved if p not in story]
    shielded = sorted(p for p in protected if city[p] == "helsinki" and held[p] & {("helsinki", "early_education"), ("helsinki", "child_health")})
    elsewhere = sorted(p for p in protected if city[p] != "helsinki")
    first = story + shielded + rng.sample(others, min(12, len(others))) + rng.sample(elsewhere, min(6, len(elsewhere))) + sorted(day2)

    members = defaultdict(list)
    for person in city:
        members[homes.find(person)].append(person)
    chosen = set()
    for person in first:
        chosen.update(members[homes.find(person)])
    rest = sorted(set(map(homes.find, city)) - set(map(homes.find, chosen)), key=str)
    rng.shuffle(rest)
    # Fill each city up to its share of the whole, Helsinki's day-two people counted in.
    share = {c: wanted * sum(1 for p in city if city[p] == c) / len(city) for c in set(city.values())}
    have = defaultdict(int)
    for person in chosen:
        have[city[person]] += 1
    for home in rest:
        where = city[members[home][0]]
        if have[where] + len(members[home]) <= share[where]:
            chosen.update(members[home])
            have[where] += len(members[home])
    print(f"{len(chosen)} people {dict(sorted(have.items()))}; moved with records {sum(p in chosen for p in moved)}, "
          f"to Espoo with both records {len(story)}; protected {len(chosen & protected)}, "
          f"of them children with records in Helsinki {len(shielded)}")
    return chosen


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("registers", type=Path)
    a.add_argument("--people", type=int, default=1000)
    a.add_argument("--out", type=Path, default=Path(__file__).parent)
    a = a.parse_args()
    files = {name: read(a.registers, name) for name in FILES}
    residents = {row["hetu"] for row, _ in files["helsinki/residents.csv"][1]}
    day2 = {row["hetu"] for row, _ in read(a.registers, DAY2)[1]} & residents
    chosen = choose(files, day2, a.people)
    for name, (heading, rows) in files.items():
        (a.out / name).parent.mkdir(parents=True, exist_ok=True)
        (a.out / name).write_bytes(heading + b"".join(line for row, line in rows if row[FILES[name][2]] in chosen))
    for name in (DAY2, REFUSED):
        (a.out / name).write_bytes((a.registers / name).read_bytes())


if __name__ == "__main__":
    main()
