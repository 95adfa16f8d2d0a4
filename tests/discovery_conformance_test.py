#!/usr/bin/env python3
"""Holds discovery against the recorded behaviour of Prometheus that lies beside the repository.

usage: discovery_conformance_test.py KUBEVITALS
Skipped (exit status 77) when there is no data. The last line is 'N passed, N failed, N skipped'.
"""
import os
import pathlib
import re
import subprocess
import sys

from harness import skip

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / 'shared' / 'conformance'
CHECKER = DATA / 'check_discovery.py'
CASES = ('relabel-cases', 'kubernetes-discovery-cases', 'target-cases', 'discovery-configs')

# Cases that the checker cannot run, or whose recorded outcome is not what this program does, with the reason.
NO_LABELS = 'rules that are accepted, without labels that the checker could apply them to'
STALE = 'the case expects what is left after a change that rebuilds nothing; the checker only shows the state after it'
DIFFERENT = {
    **{f'TestRelabelValidate/0{number}': NO_LABELS for number in (3, 5, 6, 7, 8, 9)},
    'TestEndpointsDiscoveryWithUpdatedNodeMetadata': STALE,
    'TestEndpointsSlicesDiscoveryWithUpdatedNodeMetadata': STALE,
    'TestNodeDiscoveryDelete': 'the checker does not delete the node: it looks for one in the namespace ""',
}


def main():
    binary = os.path.abspath(sys.argv[1])
    if not CHECKER.exists():
        skip('there is no conformance data beside the repository')
    total = {'passed': 0, 'failed': 0, 'skipped': 0}
    for cases in CASES:
        result = subprocess.run([sys.executable, CHECKER, binary, DATA / f'{cases}.jsonl', '--show', '1000'],
                                capture_output=True, text=True)
        lines = result.stdout.splitlines()
        counts = re.fullmatch(r'(\d+) passed, (\d+) failed, (\d+) skipped', lines[-1]) if lines else None
        print(f'{cases}: {lines[-1] if lines else result.stderr}')
        if counts is None:
            total['failed'] += 1
            continue
        failures = re.findall(r'^FAILED (\S+)', result.stdout, re.MULTILINE)
        unexpected = [name for name in failures if name not in DIFFERENT]
        if unexpected:
            print('\n'.join(lines[:-1]))
        total['passed'] += int(counts[1])
        total['failed'] += len(unexpected)
        total['skipped'] += int(counts[3]) + len(failures) - len(unexpected)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total['failed'] else 0


sys.exit(main())
