#!/usr/bin/env python3
"""Sorts sources into batches that can be compiled as one file each: `batches.py SIZE SOURCE...`.

Prints a line `BATCH SOURCE` for each source. Two sources share a batch only when neither says in an anonymous
namespace, or as an alias, what the other says, too, or a type's name that the other uses. What is looked for are
the formatter's shapes: declarations begin in the first column.
"""
import re
import sys


def declared(text):
    """The names a source keeps to itself, and what its namespace aliases stand for."""
    names, aliases, inside = set(), {}, False
    for line in text.split('\n'):
        if line == 'namespace {':
            inside = True
        elif line == '}  // namespace':
            inside = False
        elif match := re.match(r'namespace (\w+) = (.*);', line):
            aliases[match[1]] = match[2]
        elif match := re.match(r'#define (\w+)|using (?:enum )?(?:\w+::)+(\w+);|using (\w+) =', line):
            names.add(match[1] or match[2] or match[3])
        elif inside and re.match(r'[A-Za-z]', line) and not re.match(r'(TEST\w*|INSTANTIATE\w+)\(|using namespace', line):
            line = re.sub(r'\balignas\([^)]*\) ', '', line)
            match = re.match(r'(?:template <.*> )?(?:struct|class|enum class|enum|union) (\w+)', line)
            if not match and not line.startswith('template <'):
                match = re.search(r'(\w+)(?=\(| = |\{|;|\[)', line)
            if match:
                names.add(match[1])
    return names, aliases


class Source:
    def __init__(self, path):
        self.path = path
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.names, self.aliases = declared(text)
        self.types = {name for name in self.names if re.match(r'[A-Z]', name)}
        self.used = set(re.findall(r'(?<![\w.:>])([A-Z]\w*)', text))

    def can_join(self, other):
        return (not self.names & other.names
                and not self.types & other.used and not other.types & self.used
                and all(other.aliases.get(name, target) == target for name, target in self.aliases.items()))


def main():
    size = int(sys.argv[1])
    batches = []
    for path in sys.argv[2:]:
        source = Source(path)
        for number, batch in enumerate(batches):
            if len(batch) < size and all(source.can_join(member) for member in batch):
                break
        else:
            number, batch = len(batches), []
            batches.append(batch)
        batch.append(source)
        print(f'{number} {path}')


main()
