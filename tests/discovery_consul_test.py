#!/usr/bin/env python3
"""`consul_sd_configs` with a real Consul agent.

usage: discovery_consul_test.py KUBEVITALS [unittest arguments]
KUBEVITALS_CONSUL names Consul's binary.
"""
import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

from harness import Discover, eventually, labels_of, request, skip
from peers import PROMETHEUS, Consul, assert_same_as_prometheus

BINARY = os.path.abspath(sys.argv.pop(1))
CONSUL = os.environ.get('KUBEVITALS_CONSUL')
if not CONSUL:
    skip('KUBEVITALS_CONSUL names no Consul')

RULES = [{'source_labels': ['__meta_consul_tags'], 'regex': '.*,production,.*', 'action': 'keep'},
         {'source_labels': ['__meta_consul_tags'], 'regex': '.*,version-([^,]+),.*', 'target_label': 'version'},
         {'source_labels': ['__meta_consul_service'], 'target_label': 'job'},
         {'regex': '__meta_consul_service_metadata_(.+)', 'action': 'labelmap'}]


class ConsulDiscovery(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.consul = self.enterContext(Consul(CONSUL))
        self.consul.register('web', 'web-1', 80, ['production', 'version-1'], Address='10.0.0.1',
                             Meta={'metrics-path': '/m', 'team': 'a'})
        self.consul.register('web', 'web-2', 80, ['staging'], Address='10.0.0.2')
        self.consul.register('db', 'db-1', 5432, ['production'])
        self.consul.put('/v1/catalog/register', {
            'Node': 'far', 'Address': '10.9.9.9', 'NodeMeta': {'external-node': 'true'},
            'TaggedAddresses': {'lan': '10.9.9.9', 'wan': '192.0.2.9'},
            'Service': {'Service': 'cache', 'Port': 6379, 'Tags': ['production', 'a']}})

    def job(self, name, **options):
        return {'job_name': name, 'relabel_configs': RULES, 'consul_sd_configs': [
            {'server': self.consul.address, 'token': Consul.TOKEN, 'refresh_interval': '100ms', **options}]}

    def discover(self, *jobs):
        config = pathlib.Path(self.directory, 'discover.yml')
        config.write_text(json.dumps({'scrape_configs': jobs}))
        return Discover(BINARY, config, '--discovery.throttle', '100ms', ready=False)

    def test_follows_the_catalog(self):
        with self.discover(self.job('all'), self.job('tagged', tags=['production']),
                           self.job('named', services=['web']), self.job('refused', token='wrong')) as server:
            server.follows('named', ['10.0.0.1:80', '10.0.0.2:80'])
            server.follows('tagged', ['10.0.0.1:80', '10.9.9.9:6379', '127.0.0.1:5432'])
            server.follows('all', ['10.0.0.1:80', '10.0.0.2:80', '10.9.9.9:6379', '127.0.0.1:5432',
                                   f'127.0.0.1:{self.consul.server_port}'])
            answer = request(server.port, '/sd/v1/jobs/refused')
            self.assertEqual(answer.status, 503)
            self.assertIn('HTTP status 403', answer.text)

            self.consul.register('web', 'web-2', 80, ['production', 'version-2'], Address='10.0.0.2')
            self.consul.register('db', 'db-1', 5432, ['staging'])
            server.follows('tagged', ['10.0.0.1:80', '10.0.0.2:80', '10.9.9.9:6379'])
            self.consul.deregister('web-1')
            server.follows('named', ['10.0.0.2:80'])
            self.consul.deregister('web-2')
            server.follows('named', [])
            server.follows('tagged', ['10.9.9.9:6379'])

            def health():
                return labels_of(server.sd('all'), '127.0.0.1:5432')['__meta_consul_health']
            self.assertEqual(health(), 'passing')
            self.consul.put('/v1/agent/check/fail/check-db-1')
            eventually(lambda: health() == 'critical', message='the failed check')
            self.consul.put('/v1/agent/service/maintenance/db-1?enable=true')
            eventually(lambda: health() == 'maintenance', message='the maintenance')

    def test_leaves_an_idle_agent_alone(self):
        def asked():
            return server.metric('prometheus_sd_consul_rpc_duration_seconds_count')

        with self.discover(self.job('all'), self.job('named', services=['web'])) as server:
            server.follows('named', ['10.0.0.1:80', '10.0.0.2:80'])
            time.sleep(1)
            before = asked()
            time.sleep(3)
            self.assertLess(asked() - before, 5)  # without waiting for news it would ask 30 times for each service

    def test_outlives_the_agent(self):
        with self.discover(self.job('named', services=['web'])) as server:
            server.follows('named', ['10.0.0.1:80', '10.0.0.2:80'])
            self.consul.kill()
            server.ails('named')
            self.assertEqual(server.addresses('named'), ['10.0.0.1:80', '10.0.0.2:80'])
            self.assertGreater(server.metric('prometheus_sd_consul_rpc_failures_total'), 0)
            self.consul.start()
            self.consul.register('web', 'web-3', 80, Address='10.0.0.3')
            server.follows('named', ['10.0.0.3:80'])
            server.recovers('named')
            self.consul.register('web', 'web-4', 80, Address='10.0.0.4')
            server.follows('named', ['10.0.0.3:80', '10.0.0.4:80'], 5)

    @unittest.skipUnless(PROMETHEUS, 'no prometheus on this machine')
    def test_finds_what_prometheus_finds(self):
        assert_same_as_prometheus(
            BINARY, [self.job('all'), self.job('tagged', tags=['production']), self.job('named', services=['web']),
                     self.job('meta', node_meta={'rack': 'r-1'}, tag_separator=';')],
            {'all': 5, 'tagged': 3, 'named': 2, 'meta': 4})


if __name__ == '__main__':
    unittest.main(verbosity=2)
