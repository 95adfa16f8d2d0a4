#!/usr/bin/env python3
"""`eureka_sd_configs` with a real Eureka server.

usage: discovery_eureka_test.py KUBEVITALS [unittest arguments]
KUBEVITALS_EUREKA names the executable JAR of a server made with Spring Cloud.
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from harness import Discover, labels_of, skip
from peers import PROMETHEUS, Eureka, assert_same_as_prometheus

BINARY = os.path.abspath(sys.argv.pop(1))
JAR = os.environ.get('KUBEVITALS_EUREKA')
if not JAR:
    skip('KUBEVITALS_EUREKA names no Eureka server')
if not shutil.which('java'):
    skip('no Java on this machine')


class EurekaDiscovery(unittest.TestCase):
    def test_follows_and_outlives_the_server(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        eureka = self.enterContext(Eureka(JAR))
        job = {'job_name': 'apps', 'eureka_sd_configs': [{'server': eureka.address, 'refresh_interval': '500ms'}],
               'relabel_configs': [{'source_labels': ['__meta_eureka_app_instance_status'], 'regex': 'DOWN',
                                    'action': 'drop'},
                                   {'regex': '__meta_eureka_app_instance_metadata_(.+)', 'action': 'labelmap'}]}
        config = pathlib.Path(directory, 'discover.yml')
        config.write_text(json.dumps({'scrape_configs': [job]}))
        with Discover(BINARY, config, '--discovery.throttle', '100ms') as server:
            server.follows('apps', [])
            eureka.register('WEB', 'web.example', 8080, vipAddress='web', secureVipAddress='web-s',
                            securePort={'$': 8443, '@enabled': 'false'}, homePageUrl='http://web.example/',
                            statusPageUrl='http://web.example/info', healthCheckUrl='http://web.example/health',
                            metadata={'zone': 'a & b', 'management.port': '8081'})
            eureka.register('WEB', 'web2.example', 8080)
            eureka.register('DB', 'db.example', 5432, status='DOWN')
            server.follows('apps', ['db.example:5432', 'web.example:8080', 'web2.example:8080'])
            labels = labels_of(server.sd('apps'), 'web.example:8080')
            prefix = '__meta_eureka_app_instance_'
            self.assertEqual((labels['instance'], labels['__meta_eureka_app_name']), ('web.example:8080', 'WEB'))
            self.assertEqual({name: labels[prefix + name] for name in ('status', 'secure_port', 'vip_address',
                                                                       'datacenterinfo_name', 'metadata_zone')},
                             {'status': 'UP', 'secure_port': '8443', 'vip_address': 'web',
                              'datacenterinfo_name': 'MyOwn', 'metadata_zone': 'a &amp; b'})
            if PROMETHEUS:
                assert_same_as_prometheus(BINARY, [job], {'apps': 3})

            eureka.call('PUT', '/WEB/web2.example:8080/status?value=OUT_OF_SERVICE')
            eureka.call('DELETE', '/DB/db.example:5432')
            server.follows('apps', ['web.example:8080', 'web2.example:8080'])
            self.assertEqual(labels_of(server.sd('apps'), 'web2.example:8080')[prefix + 'status'], 'OUT_OF_SERVICE')

            eureka.kill()
            server.ails('apps')
            self.assertEqual(server.addresses('apps'), ['web.example:8080', 'web2.example:8080'])
            self.assertGreater(server.metric('prometheus_sd_refresh_failures_total', mechanism='eureka'), 0)
            eureka.start()
            eureka.register('WEB', 'web3.example', 80)
            server.follows('apps', ['web3.example:80'])
            server.recovers('apps')


if __name__ == '__main__':
    unittest.main(verbosity=2)
