#!/usr/bin/env python3
"""Holds the include lines of src/ against the layers of ARCHITECTURE.md: a lower one never includes a higher one,
and the pillars never include each other."""
import pathlib
import re
import sys

# An area may include itself and what stands here.
ALLOWED = {
    'base': set(),
    'net': {'base'},
    'kube': {'base', 'net'},
    'exposition': {'base', 'net'},
    'state': {'base', 'net', 'kube', 'exposition'},
    'discovery': {'base', 'net', 'kube', 'exposition'},
    'usage': {'base', 'net', 'kube', 'exposition'},
    'sim': {'base', 'net', 'kube', 'exposition'},
    'app': {'base', 'net', 'kube', 'exposition', 'state', 'discovery', 'usage', 'sim'},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def main():
    source = pathlib.Path(__file__).resolve().parent.parent / 'src'
    wrong = []
    files = sorted(path for path in source.rglob('*') if path.suffix in ('.h', '.cc'))
    for path in files:
        area = path.relative_to(source).parts[0]
        for include in INCLUDE.findall(path.read_text()):
            other = include.split('/')[0]
            if '/' not in include or other not in ALLOWED:
                wrong.append(f'{path}: "{include}" is not written from src/')
            elif other != area and other not in ALLOWED[area]:
                wrong.append(f'{path}: {area} may not include {other} ("{include}")')
    print('\n'.join(wrong) if wrong else f'{len(files)} files keep to the layers')
    sys.exit(1 if wrong else 0)


main()
