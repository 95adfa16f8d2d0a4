#!/usr/bin/env python3
"""Whatever the API server and the network do, the metrics end up right: random faults, many seeds, real sockets.

usage: fault_test.py KUBEVITALS [unittest arguments]
KUBEVITALS_FAULT_SEEDS says how many random sequences (default 6).
"""
import os
import random
import sys
import time
import unittest

from harness import Sim, State, assert_follows, request

BINARY = os.path.abspath(sys.argv.pop(1))
SEEDS = int(os.environ.get('KUBEVITALS_FAULT_SEEDS', '6'))

# Every kind of fault the simulator can play; see docs/sim.md.
FAULTS = [
    {'kind': 'cut', 'after_bytes': 3000},
    {'kind': 'cut', 'after_bytes': 0},
    {'kind': 'status', 'status': 410},
    {'kind': 'status', 'status': 429, 'retry_after': 1},
    {'kind': 'status', 'status': 500},
    {'kind': 'status', 'status': 503},
    {'kind': 'slow', 'bytes_per_second': 20000},
    {'kind': 'silence'},
    {'kind': 'truncate'},
    {'kind': 'garbage'},
    {'kind': 'content_type'},
    {'kind': 'duplicate'},
    {'kind': 'reorder'},
]


class Faults(unittest.TestCase):
    def run_with(self, seed, choose, seconds=6):
        arguments = ('--pods', '200', '--churn', '100', '--seed', str(seed), '--bookmark-interval', '500ms')
        with Sim(BINARY, *arguments) as sim:
            with State(BINARY, '--apiserver', sim.address, '--watch-silence-timeout', '2s').synced() as state:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    for fault in choose():
                        sim.post('/sim/faults', fault)
                    time.sleep(0.5)
                request(sim.port, '/sim/faults', 'DELETE')
                sim.post('/sim/churn?rate=0')
                assert_follows(BINARY, sim.get, state, 90)

    def test_random_faults(self):
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                chance = random.Random(seed)

                def choose():
                    fault = dict(chance.choice(FAULTS), count=chance.randint(1, 5))
                    if chance.random() < 0.5:
                        fault['resource'] = chance.choice(['pods', 'replicasets', 'nodes', 'services'])
                    if chance.random() < 0.3:
                        fault['verb'] = chance.choice(['list', 'watch'])
                    return [fault]
                self.run_with(seed, choose)

    def test_each_fault_alone(self):
        for number, fault in enumerate(FAULTS):
            with self.subTest(fault=fault):
                self.run_with(100 + number, lambda: [dict(fault, count=3)], 2)

    def test_dropped_watches_and_compaction(self):
        with Sim(BINARY, '--pods', '200', '--churn', '200') as sim:
            with State(BINARY, '--apiserver', sim.address).synced() as state:
                for _ in range(5):
                    sim.post('/sim/compact')
                    sim.post('/sim/drop-watches')
                    time.sleep(0.7)
                sim.post('/sim/churn?rate=0')
                assert_follows(BINARY, sim.get, state, 90)


if __name__ == '__main__':
    unittest.main(verbosity=2)
