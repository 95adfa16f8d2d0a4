#!/usr/bin/env python3
"""`dns_sd_configs` with a real name server, in a network of its own where port 53 is free.

usage: discovery_dns_test.py KUBEVITALS [unittest arguments]
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import Discover, labels_of, skip
from peers import PROMETHEUS, NameServer, assert_same_as_prometheus

INSIDE = 'KUBEVITALS_TEST_INSIDE'  # our own namespaces
if INSIDE not in os.environ:
    if not shutil.which('named'):
        skip('no bind9 on this machine')
    tried = subprocess.run(['unshare', '--mount', '--net', 'ip', 'link', 'set', 'lo', 'up'], capture_output=True)
    if tried.returncode != 0:
        skip(f'may not make namespaces: {tried.stderr.decode().strip()}')
    os.execvpe('unshare', ['unshare', '--mount', '--net', sys.executable, *sys.argv], {**os.environ, INSIDE: '1'})
subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)

BINARY = os.path.abspath(sys.argv.pop(1))
RECORDS = ['web A 10.0.0.1', 'web A 10.0.0.2', 'web AAAA 2001:db8::1', '_metrics._tcp SRV 1 2 8080 web',
           '_metrics._tcp SRV 1 2 9090 other.example.', '@ MX 10 mail', 'alias CNAME web',
           *(f'_many._tcp SRV 1 2 {i + 1} instance-{i}.has.a.long.name.so.that.it.takes.tcp' for i in range(100))]


def job(name, *names, **options):
    return {'job_name': name, 'dns_sd_configs': [{'names': names, 'refresh_interval': '500ms', **options}]}


JOBS = [job('a', 'web.example.test', type='A', port=9100), job('aaaa', 'web.example.test', type='AAAA', port=9100),
        job('srv', '_metrics._tcp.example.test'), job('mx', 'example.test', type='MX', port=25),
        job('ns', 'example.test', type='NS', port=53), job('alias', 'alias.example.test', type='A', port=1),
        job('many', '_many._tcp.example.test'), job('searched', 'web', 'nobody', type='A', port=9)]


class Dns(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.resolv_conf = pathlib.Path(self.directory, 'resolv.conf')
        self.resolv_conf.write_text('nameserver 127.0.0.1\nsearch elsewhere.test example.test\n')
        subprocess.run(['mount', '--bind', self.resolv_conf, '/etc/resolv.conf'], check=True)
        self.addCleanup(subprocess.run, ['umount', '/etc/resolv.conf'], check=True)
        self.names = self.enterContext(NameServer(self.directory, RECORDS))

    def discover(self):
        config = pathlib.Path(self.directory, 'discover.yml')
        config.write_text(json.dumps({'scrape_configs': JOBS}))
        return Discover(BINARY, config, '--discovery.throttle', '100ms')

    def change(self, records):
        self.names.write(records)
        self.names.process.send_signal(signal.SIGHUP)

    def test_all_types(self):
        with self.discover() as server:
            server.follows('a', ['10.0.0.1:9100', '10.0.0.2:9100'])
            server.follows('aaaa', ['[2001:db8::1]:9100'])
            server.follows('srv', ['web.example.test:8080', 'other.example:9090'])
            self.assertEqual(labels_of(server.sd('srv'), 'web.example.test:8080'),
                             {'__meta_dns_name': '_metrics._tcp.example.test',
                              '__meta_dns_srv_record_target': 'web.example.test.',
                              '__meta_dns_srv_record_port': '8080'})
            server.follows('mx', ['mail.example.test:25'])
            server.follows('ns', ['ns.example.test:53'])
            server.follows('alias', ['10.0.0.1:1', '10.0.0.2:1'])
            self.assertEqual(len(server.addresses('many')), 100)
            server.follows('searched', ['10.0.0.1:9', '10.0.0.2:9'])

    def test_follows_the_zone(self):
        with self.discover() as server:
            server.follows('a', ['10.0.0.1:9100', '10.0.0.2:9100'])
            self.change(['web A 10.0.0.2', 'web A 10.0.0.3', '_metrics._tcp SRV 1 2 8081 web'])
            server.follows('a', ['10.0.0.2:9100', '10.0.0.3:9100'])
            server.follows('srv', ['web.example.test:8081'])
            for gone in ('aaaa', 'mx', 'alias', 'many'):
                server.follows(gone, [])
                self.assertTrue(server.healthy(gone))

    def test_outlives_the_server(self):
        with self.discover() as server:
            server.follows('a', ['10.0.0.1:9100', '10.0.0.2:9100'])
            self.assertEqual(server.metric('prometheus_sd_dns_lookup_failures_total'), 0)
            self.names.kill()
            server.ails('a')
            self.assertEqual(server.addresses('a'), ['10.0.0.1:9100', '10.0.0.2:9100'])
            self.assertEqual(len(server.addresses('many')), 100)
            self.assertGreater(server.metric('prometheus_sd_dns_lookup_failures_total'), 0)
            self.names.write(['web A 10.0.0.4'])
            self.names.start()
            server.follows('a', ['10.0.0.4:9100'])
            server.recovers('a')

    def test_goes_to_the_next_server(self):
        self.resolv_conf.write_text('nameserver 127.0.0.2\nnameserver 127.0.0.1\n')
        with self.discover() as server:
            server.follows('a', ['10.0.0.1:9100', '10.0.0.2:9100'])
            self.assertTrue(server.healthy('a'))
            self.resolv_conf.write_text('nameserver 127.0.0.2\n')
            server.ails('a')
            self.resolv_conf.write_text('nameserver 127.0.0.1\n')
            server.recovers('a')

    @unittest.skipUnless(PROMETHEUS, 'no prometheus on this machine')
    def test_finds_what_prometheus_finds(self):
        assert_same_as_prometheus(BINARY, JOBS, {'a': 2, 'aaaa': 1, 'srv': 2, 'mx': 1, 'ns': 1, 'alias': 2,
                                                 'many': 100, 'searched': 2})


if __name__ == '__main__':
    unittest.main(verbosity=2)
