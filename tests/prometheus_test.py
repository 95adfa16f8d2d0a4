#!/usr/bin/env python3
"""A real Prometheus scrapes `kubevitals state` under churn without one failed scrape.

usage: prometheus_test.py KUBEVITALS
KUBEVITALS_PROMETHEUS_SECONDS says for how long (default 60).
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest
import urllib.parse

from harness import Program, Sim, State, eventually, free_port, request, skip

BINARY = os.path.abspath(sys.argv.pop(1))
SECONDS = int(os.environ.get('KUBEVITALS_PROMETHEUS_SECONDS', '60'))
PROMETHEUS = shutil.which('prometheus')
if not PROMETHEUS:
    skip('no prometheus on this machine')

CONFIGURATION = '''
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: state
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
- job_name: telemetry
  static_configs: [{{targets: ['127.0.0.1:{telemetry}']}}]
'''


class Prometheus(unittest.TestCase):
    def query(self, expression):
        response = request(self.port, '/api/v1/query?query=' + urllib.parse.quote(expression))
        document = json.loads(response.body)
        self.assertEqual(document['status'], 'success', document)
        return {entry['metric'].get('job', ''): float(entry['value'][1]) for entry in document['data']['result']}

    def test_scrapes_without_a_failure(self):
        with Sim(BINARY, '--pods', '3000', '--churn', '100') as sim, tempfile.TemporaryDirectory() as directory:
            with State(BINARY, '--apiserver', sim.address).synced() as state:
                config = pathlib.Path(directory, 'prometheus.yml')
                config.write_text(CONFIGURATION.format(port=state.port, telemetry=state.telemetry))
                self.port = free_port()
                with Program([PROMETHEUS, f'--config.file={config}', f'--storage.tsdb.path={directory}/data',
                              f'--web.listen-address=127.0.0.1:{self.port}'], self.port):
                    eventually(lambda: request(self.port, '/-/ready').status == 200, 30, 'Prometheus')
                    eventually(lambda: self.query('up').get('state') == 1, 30, 'the first scrape')
                    time.sleep(SECONDS)
                    window = f'[{SECONDS}s]'
                    scrapes = self.query(f'count_over_time(up{window})')
                    good = self.query(f'sum_over_time(up{window})')
                    self.assertGreater(scrapes['state'], SECONDS * 0.9 - 2)
                    self.assertEqual(good, scrapes, 'some scrapes failed')
                    pods = self.query('count(kube_pod_info)')
                    self.assertGreater(pods[''], 2500)
                    slowest = self.query(f'max_over_time(scrape_duration_seconds{window})')
                    print(f"{scrapes['state']:.0f} scrapes, the slowest took {slowest['state']:.3f} s")
                self.assertEqual(state.stop(), 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
