#!/usr/bin/env python3
"""`serverset_sd_configs` and `nerve_sd_configs` with a real ZooKeeper.

usage: discovery_zookeeper_test.py KUBEVITALS [unittest arguments]
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from harness import Discover, labels_of, skip
from peers import PROMETHEUS, ZOOKEEPER, ZooKeeper, assert_same_as_prometheus

BINARY = os.path.abspath(sys.argv.pop(1))
if not shutil.which('java') or not os.path.exists(ZOOKEEPER):
    skip("Debian's package zookeeper is not installed")


def member(host, port, shard=0, **more):
    """Of a serverset; in the words of ZooKeeper's client."""
    return "'" + json.dumps({'serviceEndpoint': {'host': host, 'port': port}, 'status': 'ALIVE', 'shard': shard,
                             'additionalEndpoints': {}, **more}) + "'"


def instance(host, port):
    """Of Nerve."""
    return "'" + json.dumps({'host': host, 'port': port, 'name': f'{host}_{port}'}) + "'"


class ZooKeeperDiscovery(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.server = self.enterContext(ZooKeeper(self.directory))
        self.server.run('create /sets', 'create /sets/www', 'create /nerve', 'create /nerve/db ' + instance('n1', 5432),
                        'create /sets/www/1 ' + member('w1', 80, 1, additionalEndpoints={
                            'http-admin': {'host': 'w1.admin', 'port': 8080}}),
                        'create /sets/www/2 ' + member('w2', 80))
        options = {'servers': [self.server.address], 'timeout': '2s'}
        self.jobs = [{'job_name': 'sets', 'serverset_sd_configs': [{**options, 'paths': ['/sets']}]},
                     {'job_name': 'nerve', 'nerve_sd_configs': [{**options, 'paths': ['/nerve']}]}]

    def test_follows_and_outlives_the_server(self):
        config = pathlib.Path(self.directory, 'discover.yml')
        config.write_text(json.dumps({'scrape_configs': self.jobs}))
        with Discover(BINARY, config, '--discovery.throttle', '100ms') as server:
            server.follows('sets', ['w1:80', 'w2:80'])
            server.follows('nerve', ['n1:5432'])
            self.assertEqual(labels_of(server.sd('sets'), 'w1:80'), {
                '__meta_serverset_path': '/sets/www/1', '__meta_serverset_status': 'ALIVE',
                '__meta_serverset_shard': '1', '__meta_serverset_endpoint_host': 'w1',
                '__meta_serverset_endpoint_port': '80', '__meta_serverset_endpoint_host_http_admin': 'w1.admin',
                '__meta_serverset_endpoint_port_http_admin': '8080'})
            self.server.run('delete /sets/www/1', 'create /sets/www/3 ' + member('w3', 81),
                            'set /nerve/db ' + instance('n2', 5432))
            server.follows('sets', ['w2:80', 'w3:81'])
            server.follows('nerve', ['n2:5432'])

            self.server.kill()
            server.ails('sets')
            server.ails('nerve')
            self.assertEqual(server.addresses('sets'), ['w2:80', 'w3:81'])
            self.assertEqual(server.addresses('nerve'), ['n2:5432'])
            self.assertGreater(server.metric('prometheus_treecache_zookeeper_failures_total'), 0)

            self.server.start()
            self.server.run('delete /sets/www/2', 'create /nerve/web ' + instance('n3', 80))
            server.follows('sets', ['w3:81'])
            server.follows('nerve', ['n2:5432', 'n3:80'])
            server.recovers('sets')
            server.recovers('nerve')

    @unittest.skipUnless(PROMETHEUS, 'no prometheus on this machine')
    def test_finds_what_prometheus_finds(self):
        assert_same_as_prometheus(BINARY, self.jobs, {'sets': 2, 'nerve': 1})


if __name__ == '__main__':
    unittest.main(verbosity=2)
