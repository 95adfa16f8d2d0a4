#!/usr/bin/env python3
"""`kubevitals state` end to end against `kubevitals sim`: samples, formats, encodings, restarts, faults.

usage: state_test.py KUBEVITALS [unittest arguments]
"""
import base64
import contextlib
import gzip
import http.client
import io
import json
import os
import pathlib
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

from harness import (Sim, State, assert_follows, difference, eventually, expected_samples, request, samples)

BINARY = os.path.abspath(sys.argv.pop(1))
SMALL = ('--pods', '300', '--churn', '0', '--seed', '7')


class Serving(unittest.TestCase):
    """One cluster at rest, many ways to read it."""

    @classmethod
    def setUpClass(cls):
        cls.sim = Sim(BINARY, *SMALL)
        cls.state = State(BINARY, '--apiserver', cls.sim.address).synced()

    @classmethod
    def tearDownClass(cls):
        cls.state.__exit__()
        cls.sim.__exit__()

    def get(self, path='/metrics', method='GET', **headers):
        return request(self.state.port, path, method, {name.replace('_', '-'): value for name, value in headers.items()})

    def test_samples_are_those_of_the_objects(self):
        want = assert_follows(BINARY, self.sim.get, self.state)
        self.assertGreater(sum(want.values()), 300 * 30)

    def test_gzip_is_the_plain_text(self):
        plain = self.get()
        packed = self.get(Accept_Encoding='gzip')
        self.assertEqual(packed.headers['Content-Encoding'], 'gzip')
        self.assertNotIn('Content-Encoding', plain.headers)
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertEqual(int(packed.headers['Content-Length']), len(packed.body))

    def test_zlib_and_gunzip_accept_the_stitched_stream(self):
        packed = self.get(Accept_Encoding='gzip').body
        plain = self.get().body
        inflate = zlib.decompressobj(31)
        pieces = b''.join(inflate.decompress(packed[i:i + 777]) for i in range(0, len(packed), 777)) + inflate.flush()
        self.assertTrue(inflate.eof)
        self.assertEqual(inflate.unused_data, b'')
        self.assertEqual(pieces, plain)
        result = subprocess.run(['gunzip', '-c'], input=packed, capture_output=True, check=True)
        self.assertEqual(result.stdout, plain)
        subprocess.run(['gzip', '-t'], input=packed, check=True)

    def test_curl_accepts_the_stitched_stream(self):
        if not shutil.which('curl'):
            self.skipTest('no curl')
        url = f'http://127.0.0.1:{self.state.port}/metrics'
        result = subprocess.run(['curl', '-sSf', '--compressed', url], capture_output=True, check=True)
        self.assertEqual(result.stdout, self.get().body)

    def test_formats_by_accept(self):
        text = self.get()
        self.assertEqual(text.headers['Content-Type'], 'text/plain; version=0.0.4; charset=utf-8')
        self.assertFalse(text.text.endswith('# EOF\n'))
        prometheus = 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' \
                     'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
        openmetrics = self.get(Accept=prometheus)
        self.assertTrue(openmetrics.headers['Content-Type'].startswith('application/openmetrics-text; version=1.0.0'))
        self.assertTrue(openmetrics.text.endswith('\n# EOF\n'))
        self.assertEqual(samples(openmetrics.text), samples(text.text))
        packed = self.get(Accept=prometheus, Accept_Encoding='gzip')
        self.assertEqual(packed.text, openmetrics.text)

    def test_encodings_by_quality(self):
        self.assertNotIn('Content-Encoding', self.get(Accept_Encoding='gzip;q=0').headers)
        self.assertNotIn('Content-Encoding', self.get(Accept_Encoding='br').headers)
        self.assertEqual(self.get(Accept_Encoding='deflate, gzip;q=0.5').headers['Content-Encoding'], 'gzip')

    def test_head_and_other_methods(self):
        head = self.get(method='HEAD')
        self.assertEqual(head.status, 200)
        self.assertEqual(head.body, b'')
        self.assertEqual(int(head.headers['Content-Length']), len(self.get().body))
        post = self.get(method='POST')
        self.assertEqual(post.status, 405)
        self.assertIn('GET', post.headers['Allow'])

    def test_keep_alive(self):
        import http.client
        connection = http.client.HTTPConnection('127.0.0.1', self.state.port)
        connection.request('GET', '/healthz')
        first = connection.getresponse()
        first.read()
        local = connection.sock.getsockname()
        connection.request('GET', '/metrics')
        self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(connection.sock.getsockname(), local)
        connection.close()

    def test_resources_can_be_selected(self):
        nodes = samples(self.get('/metrics?resources=nodes').text)
        self.assertTrue(nodes)
        self.assertTrue(all(line.startswith('kube_node_') for line in nodes))
        both = samples(self.get('/metrics?resources=nodes,services').text)
        self.assertTrue(any(line.startswith('kube_service_') for line in both))
        rest = samples(self.get('/metrics?exclude_resources=pods').text)
        self.assertFalse(any(line.startswith('kube_pod_') for line in rest))
        self.assertEqual(samples(self.get('/metrics?resources=,').text), samples(''))
        self.assertEqual(samples(self.get('/metrics?exclude_resources=,').text), samples(self.get().text))

    def test_help_and_type_stand_before_each_family_once(self):
        seen = set()
        family = None
        for line in self.get().text.splitlines():
            if line.startswith('# HELP '):
                name = line.split()[2]
                self.assertNotIn(name, seen)
                seen.add(name)
            elif line.startswith('# TYPE '):
                family = line.split()[2]
                self.assertIn(family, seen)
                self.assertIn(line.split()[3], ('gauge', 'counter'))
            else:
                self.assertEqual(line.split('{')[0], family)

    def test_health_and_pages(self):
        self.assertEqual(self.get('/healthz').status, 200)
        self.assertEqual(self.get('/livez').status, 200)
        self.assertIn('/metrics', self.get('/').text)
        self.assertEqual(self.get('/nonsense').status, 404)
        telemetry = request(self.state.telemetry, '/metrics').text
        self.assertIn('kubevitals_', telemetry)
        self.assertIn('/metrics', request(self.state.telemetry, '/').text)

    def test_garbage_does_not_disturb_it(self):
        for junk in (b'\x00\xff' * 500, b'GET / HTTP/1.1\r\n' + b'X: ' + b'a' * 200_000, b'\r\n\r\n', b'GET'):
            with socket.create_connection(('127.0.0.1', self.state.port)) as client:
                try:
                    client.sendall(junk)
                except OSError:
                    pass
        self.assertEqual(self.get('/healthz').status, 200)

    def test_a_slow_reader_holds_nothing_up(self):
        slow = socket.create_connection(('127.0.0.1', self.state.port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
        begin = time.monotonic()
        self.get()
        self.assertLess(time.monotonic() - begin, 5)
        slow.close()


class Following(unittest.TestCase):
    """The metrics follow the cluster, whatever happens on the way."""

    def test_changes_deletes_and_creates(self):
        with Sim(BINARY, *SMALL) as sim, State(BINARY, '--apiserver', sim.address).synced() as state:
            before = assert_follows(BINARY, sim.get, state)
            sim.post('/sim/churn?updates=200&kind=pods')
            after = assert_follows(BINARY, sim.get, state)
            self.assertNotEqual(before, after)
            pod = sim.get('/api/v1/pods?limit=1')['items'][0]['metadata']
            path = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}"
            self.assertIn(request(sim.port, path, 'DELETE').status, (200, 202))
            eventually(lambda: not any(pod['uid'] in line for line in samples(state.scrape())), 60, 'pod is gone')

    def test_under_constant_churn_the_end_is_right(self):
        with Sim(BINARY, '--pods', '500', '--churn', '500', '--seed', '3') as sim:
            with State(BINARY, '--apiserver', sim.address).synced() as state:
                end = time.monotonic() + 8
                while time.monotonic() < end:
                    gzip.decompress(request(state.port, '/metrics', headers={'Accept-Encoding': 'gzip'}).body)
                sim.post('/sim/churn?rate=0')
                time.sleep(1)
                assert_follows(BINARY, sim.get, state)

    def test_the_api_server_restarts(self):
        sim = Sim(BINARY, *SMALL)
        # The other one's history is shorter: a watch from beyond its end stays silent.
        with State(BINARY, '--apiserver', sim.address, '--watch-silence-timeout', '3s').synced() as state:
            good = samples(state.scrape())
            sim.kill()
            time.sleep(2)
            self.assertEqual(samples(state.scrape()), good, 'the last good state is served while it is away')
            self.assertEqual(request(state.port, '/healthz').status, 200)
            self.assertEqual(request(state.port, '/livez').status, 503)
            with Sim(BINARY, '--pods', '200', '--churn', '0', '--seed', '8', port=sim.port) as other:
                assert_follows(BINARY, other.get, state, 90)

    def test_without_watch_list(self):
        with Sim(BINARY, *SMALL, '--no-watch-list') as sim:
            with State(BINARY, '--apiserver', sim.address).synced() as state:
                assert_follows(BINARY, sim.get, state)

    def test_it_starts_before_the_api_server(self):
        with Sim(BINARY, *SMALL) as placeholder:
            port = placeholder.port
        with State(BINARY, '--apiserver', f'http://127.0.0.1:{port}') as state:
            time.sleep(1)
            self.assertEqual(request(state.port, '/healthz').status, 200)
            with Sim(BINARY, *SMALL, port=port) as sim:
                assert_follows(BINARY, sim.get, state, 90)

    def test_stops_at_once(self):
        with Sim(BINARY, *SMALL) as sim:
            state = State(BINARY, '--apiserver', sim.address).synced()
            begin = time.monotonic()
            self.assertEqual(state.stop(), 0, state.output())
            self.assertLess(time.monotonic() - begin, 5)
            self.assertEqual(sim.stop(), 0, sim.output())


class Guarded(unittest.TestCase):
    """A web configuration for both ports."""

    HASH = '$2a$04$djaiNJkH76SntgsTf7b.P.7fQT9E/1aGIFFuThy5RPM43xwzqZ4jy'  # of "secret"

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='kubevitals-web-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def status(self, port, password=None, context=None):
        connection = (http.client.HTTPSConnection('127.0.0.1', port, timeout=30, context=context) if context else
                      http.client.HTTPConnection('127.0.0.1', port, timeout=30))
        with contextlib.closing(connection):
            headers = {}
            if password is not None:
                headers['Authorization'] = 'Basic ' + base64.b64encode(f'alice:{password}'.encode()).decode()
            connection.request('GET', '/metrics', headers=headers)
            return connection.getresponse().status

    def make_pair(self):
        if not shutil.which('openssl'):
            self.skipTest('openssl is not installed')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                        '-subj', '/CN=x', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', self.folder / 'key',
                        '-out', self.folder / 'cert'], check=True, capture_output=True)
        return ssl.create_default_context(cafile=self.folder / 'cert')

    def test_users_and_tls_on_both_ports(self):
        trusting = self.make_pair()
        file = self.put('web.yml', 'tls_server_config: {cert_file: cert, key_file: key}\n'
                                   f'basic_auth_users: {{alice: {self.HASH}}}\n')
        with Sim(BINARY, *SMALL) as sim, State(BINARY, '--apiserver', sim.address, '--tls-config', file) as state:
            for port in state.port, state.telemetry:
                self.assertEqual(self.status(port, 'secret', trusting), 200)
                self.assertEqual(self.status(port, 'wrong', trusting), 401)
                self.assertEqual(self.status(port, None, trusting), 401)
                self.assertRaises((OSError, http.client.HTTPException), self.status, port, 'secret')
            rotated = self.make_pair()
            self.assertEqual(self.status(state.port, 'secret', rotated), 200)
            self.assertRaises(ssl.SSLError, self.status, state.port, 'secret', trusting)

    def test_check_says_what_a_start_would(self):
        self.make_pair()

        def check(text):
            file = self.put('web.yml', text)
            done = subprocess.run([BINARY, 'check', '--web-config', file], capture_output=True, text=True)
            return done.returncode, (done.stdout + done.stderr).replace(str(file), 'web.yml')

        good = f'tls_server_config: {{cert_file: cert, key_file: key}}\nbasic_auth_users: {{alice: {self.HASH}}}\n'
        self.assertEqual(check(good), (0, 'web.yml: ok, TLS, 1 user\n'))
        status, complaints = check('tls_server_config: {cert_file: none, key_file: key}\nusers: {}\n')
        self.assertEqual(status, 1)
        self.assertRegex(complaints, r'web.yml:1: tls_server_config.*none')
        self.assertIn('web.yml:2: users: unknown key', complaints)

    def test_a_broken_change_is_told_and_not_taken_up(self):
        file = self.put('web.yml', f'basic_auth_users: {{alice: {self.HASH}}}\n')
        with Sim(BINARY, *SMALL) as sim, State(BINARY, '--apiserver', sim.address, '--web.config.file', file) as state:
            self.put('web.yml', 'basic_auth_users: {alice: secret}\n')
            self.assertEqual(self.status(state.port, 'secret'), 200)
            self.assertEqual(self.status(state.port), 401)
            told = f'{file}:1: basic_auth_users.alice: expected a bcrypt hash'
            self.assertEqual(state.output().count(told), 1, state.output())

    def test_a_bad_file_prevents_the_start(self):
        file = self.put('web.yml', 'tls_server_config:\n  cert_file: nowhere\n  key_file: nowhere\n')
        result = subprocess.run([BINARY, 'state', '--apiserver', 'http://127.0.0.1:1', '--tls-config', file],
                                capture_output=True, text=True, timeout=30)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f'{file}:2: tls_server_config.cert_file: cannot read', result.stderr)


class Starting(unittest.TestCase):
    """What is wrong at start is one clear line."""

    def fails(self, *arguments):
        result = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30)
        self.assertNotEqual(result.returncode, 0)
        self.assertTrue(result.stderr.strip())
        return result.stderr

    def test_missing_kubeconfig(self):
        self.assertIn('/nonexistent', self.fails('state', '--kubeconfig', '/nonexistent'))

    def test_unknown_resource(self):
        self.assertIn('florps', self.fails('state', '--apiserver', 'http://127.0.0.1:1', '--resources', 'florps'))

    def test_unknown_flag(self):
        self.fails('state', '--no-such-flag')

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(str(port), self.fails('state', '--apiserver', 'http://127.0.0.1:1', '--host', '127.0.0.1',
                                                '--port', str(port), '--telemetry-port', '0'))


if __name__ == '__main__':
    unittest.main(verbosity=2)
