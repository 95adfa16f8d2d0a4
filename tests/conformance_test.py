#!/usr/bin/env python3
"""Holds `kubevitals render` against the recorded behaviour of kube-state-metrics that lies beside the repository.

usage: conformance_test.py KUBEVITALS [--show N]

Cases of resources that this program does not have yet are skipped, all of them (exit status 77) when there is no data.
The last line is 'N passed, N failed, N skipped'; exit status 0 when none failed.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from harness import skip

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / 'shared' / 'conformance'
CASES = 'state-cases.jsonl'
CHECKER = 'check_render.py'


def is_supported(binary, resource):
    result = subprocess.run([binary, 'render', '--resources', resource, '-f', '-'], input='', capture_output=True,
                            text=True, timeout=60)
    if result.returncode != 0 and 'not supported yet' not in result.stderr:
        sys.exit(f'cannot ask {binary} for {resource}: {result.stderr.strip()}')
    return result.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('binary')
    parser.add_argument('--show', default='10', help='how many failures to print')
    options = parser.parse_args()
    if not (DATA / CASES).exists() or not (DATA / CHECKER).exists():
        skip('there is no conformance data beside the repository')
    cases = [json.loads(line) for line in (DATA / CASES).read_text().splitlines()]
    supported = {name for name in {case['resource'] for case in cases} if is_supported(options.binary, name)}
    chosen = [case for case in cases if case['resource'] in supported]
    skipped = len(cases) - len(chosen)
    with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as file:
        file.write('\n'.join(json.dumps(case) for case in chosen))
        file.flush()
        result = subprocess.run([sys.executable, DATA / CHECKER, options.binary, file.name, '--show', options.show],
                                capture_output=True, text=True)
    lines = result.stdout.splitlines()
    counts = re.fullmatch(r'(\d+) passed, (\d+) failed', lines[-1]) if lines else None
    if counts is None:
        print(result.stdout + result.stderr)
        print('0 passed, 1 failed, 0 skipped')
        return 1
    print('\n'.join(lines[:-1]))
    if skipped:
        missing = sorted({case['resource'] for case in cases} - supported)
        print(f'SKIPPED: {skipped} cases of {len(missing)} resources that are not supported yet: {", ".join(missing)}')
    print(f'{counts[1]} passed, {counts[2]} failed, {skipped} skipped')
    return result.returncode


sys.exit(main())
