#!/usr/bin/env python3
"""`kubevitals discover`, `targets` and `relabel` against the simulated cluster and files, over their real ports.

usage: discovery_test.py KUBEVITALS [unittest arguments]
"""
import gzip
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from harness import Discover, Sim, eventually, flat, get_json, request

BINARY = os.path.abspath(sys.argv.pop(1))


class Files(unittest.TestCase):
    """With a file that the test changes: no cluster is needed."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.targets = pathlib.Path(self.directory.name, 'targets.json')
        self.config = pathlib.Path(self.directory.name, 'prometheus.yml')
        self.write_targets(['a:1', 'b:1'])
        self.write_config('b.*')

    def write_targets(self, addresses, labels=None):
        temporary = self.targets.with_suffix('.tmp')
        temporary.write_text(json.dumps([{'targets': addresses, 'labels': labels or {'x': 'y'}}]))
        temporary.rename(self.targets)

    def write_config(self, dropped):
        self.config.write_text(json.dumps({'scrape_configs': [
            {'job_name': 'files', 'file_sd_configs': [{'files': ['targets.json']}],
             'relabel_configs': [{'source_labels': ['__address__'], 'regex': dropped, 'action': 'drop'}]},
            {'job_name': 'fixed/one', 'static_configs': [{'targets': ['s:1']}]}]}))

    def discover(self, *arguments):
        return Discover(BINARY, self.config, '--discovery.throttle', '100ms', *arguments)

    def test_groups_and_targets(self):
        with self.discover() as server:
            groups = server.sd('files')
            path = str(self.targets)
            self.assertEqual(flat(groups), [('a:1', (('__meta_filepath', path), ('x', 'y'))),
                                            ('b:1', (('__meta_filepath', path), ('x', 'y')))])
            final = server.sd('files', relabeled='true')
            self.assertEqual([group['targets'] for group in final], [['a:1']])
            labels = final[0]['labels']
            self.assertEqual((labels['job'], labels['instance'], labels['x']), ('files', 'a:1', 'y'))
            self.assertNotIn('__meta_filepath', labels)
            self.assertEqual(flat(server.sd('fixed/one')), [('s:1', ())])
            everything = server.sd('', relabeled='true')
            self.assertEqual({address for address, _ in flat(everything)}, {'a:1', 's:1'})
            self.assertEqual(request(server.port, '/sd/v1/jobs/nobody').status, 404)
            self.assertEqual(request(server.port, '/sd/v1/jobs/files?shard=1').status, 400)
            self.assertEqual(request(server.port, '/sd/v1/jobs/files?shard=2&of=2').status, 400)
            self.assertEqual(request(server.port, '/sd/v1/jobs/files', 'DELETE').status, 405)

    def test_etags_and_waiting(self):
        with self.discover() as server:
            server.sd('files')
            first = request(server.port, '/sd/v1/jobs/files')
            tag = first.headers['ETag']
            again = request(server.port, '/sd/v1/jobs/files', headers={'If-None-Match': tag})
            self.assertEqual((again.status, again.body), (304, b''))
            begin = time.monotonic()
            held = request(server.port, '/sd/v1/jobs/files?wait=1s', headers={'If-None-Match': tag})
            self.assertEqual(held.status, 304)
            self.assertGreater(time.monotonic() - begin, 0.9)
            timer = threading.Timer(0.3, lambda: self.write_targets(['a:1', 'c:1']))
            timer.start()
            begin = time.monotonic()
            changed = request(server.port, '/sd/v1/jobs/files?wait=30s', headers={'If-None-Match': tag})
            self.assertLess(time.monotonic() - begin, 10)
            self.assertEqual({address for address, _ in flat(json.loads(changed.text))}, {'a:1', 'c:1'})
            begin = time.monotonic()
            self.assertEqual(request(server.port, '/sd/v1/jobs/files?wait=30s',
                                     headers={'If-None-Match': tag}).status, 200)
            self.assertLess(time.monotonic() - begin, 5)

    def test_gzip_is_the_same(self):
        with self.discover() as server:
            server.sd('files')
            plain = request(server.port, '/sd/v1/jobs/files')
            packed = request(server.port, '/sd/v1/jobs/files', headers={'Accept-Encoding': 'gzip'})
            self.assertEqual(packed.headers['Content-Encoding'], 'gzip')
            self.assertEqual(gzip.decompress(packed.body), plain.body)

    def test_shards_divide_and_move_only_to_new_ones(self):
        self.write_targets([f'h{i}:1' for i in range(1000)])
        with self.discover() as server:
            server.sd('files')
            placed = {}
            for count in (3, 4):
                for shard in range(count):
                    groups = server.sd('files', shard=shard, of=count)
                    for address, _ in flat(groups):
                        placed.setdefault(address, {})[count] = shard
            self.assertEqual(len(placed), 1000)
            moved = [places for places in placed.values() if places[3] != places[4]]
            self.assertTrue(all(places[4] == 3 for places in moved), 'a target moved between old shards')
            self.assertTrue(150 < len(moved) < 350, len(moved))

    def test_alertmanagers(self):
        def manager(address, **options):
            return {'static_configs': [{'targets': [address], 'labels': options.pop('labels', {})}], **options}

        to = {'target_label': '__alerts_path__', 'replacement': '/relabelled'}
        self.config.write_text(json.dumps({'alerting': {'alertmanagers': [
            manager('a:1'), manager('b:1', path_prefix='/x//y/../z/'), manager('c:1', relabel_configs=[to]),
            manager('d:1', labels={'__alerts_path__': '/own', '__scheme__': 'https'}),
            manager('e:1', labels={'__metrics_path__': '/no', '__param_x': 'y'}),
            manager('f:1', relabel_configs=[{'source_labels': ['job', '__metrics_path__'], 'regex': ';', 'action': 'keep'}]),
            manager('g:1', scheme='https', relabel_configs=[{'action': 'drop', 'regex': '.*'}])]}}))
        with self.discover() as server:
            wanted = {f'http://{host}' for host in (
                'a:1/api/v2/alerts', 'b:1/x/z/api/v2/alerts', 'c:1/relabelled', 'e:1/api/v2/alerts', 'f:1/api/v2/alerts')}
            wanted.add('https://d:1/own')

            def urls(kind):
                return {one['url'] for one in get_json(server.port, '/api/v1/alertmanagers')['data'][kind + 'Alertmanagers']}

            eventually(lambda: urls('active') == wanted, 20, 'the Alertmanagers')
            self.assertEqual(urls('dropped'), {'https://g:1/api/v2/alerts'})

    def test_of_equal_targets_the_last_is_shown(self):
        self.config.write_text(json.dumps({'scrape_configs': [
            {'job_name': 'one', 'static_configs': [{'targets': ['localhost:1', '127.0.0.1:2', 'localhost.example:3']}]},
            {'job_name': 'same', 'static_configs': [{'targets': ['a:1', 'b:1', 'c:1']}],
             'relabel_configs': [{'target_label': '__address__', 'replacement': 'same:1'}]}]}))
        with self.discover() as server:
            server.sd('same')
            targets = get_json(server.port, '/api/v1/targets')['data']['activeTargets']
            discovered = [target['discoveredLabels']['__address__'] for target in targets if target['scrapePool'] == 'same']
            self.assertEqual(discovered, ['c:1'])
            machine = socket.gethostname()
            self.assertEqual([target['globalUrl'] for target in targets if target['scrapePool'] == 'one'],
                             [f'http://{machine}:1/metrics', f'http://{machine}:2/metrics',
                              'http://localhost.example:3/metrics'])

    def test_prometheus_api(self):
        with self.discover() as server:
            server.sd('files')
            pools = get_json(server.port, '/api/v1/scrape_pools')
            self.assertEqual(pools, {'status': 'success', 'data': {'scrapePools': ['files', 'fixed/one']}})
            data = get_json(server.port, '/api/v1/targets')['data']
            self.assertEqual([target['scrapeUrl'] for target in data['activeTargets']],
                             ['http://a:1/metrics', 'http://s:1/metrics'])
            active = data['activeTargets'][0]
            self.assertEqual(active['labels'], {'instance': 'a:1', 'job': 'files', 'x': 'y'})
            self.assertEqual(active['discoveredLabels']['__address__'], 'a:1')
            self.assertEqual(active['discoveredLabels']['__scrape_interval__'], '1m')
            self.assertEqual([target['discoveredLabels']['__address__'] for target in data['droppedTargets']], ['b:1'])
            self.assertEqual(data['droppedTargetCounts'], {'files': 1, 'fixed/one': 0})
            only = get_json(server.port, '/api/v1/targets?state=active&scrapePool=fixed/one')['data']
            self.assertEqual((len(only['activeTargets']), only['droppedTargets']), (1, []))
            config = get_json(server.port, '/api/v1/status/config')['data']['yaml']
            self.assertIn('job_name: files', config)
            self.assertEqual(request(server.port, '/-/healthy').status, 200)
            self.assertEqual(request(server.port, '/debug/pprof/profile?seconds=1').status, 200)
            self.assertEqual(request(server.port, '/-/ready').status, 200)

    def test_explains(self):
        with self.discover() as server:
            server.sd('files')
            job = get_json(server.port, '/api/v1/explain?job=files&address=b:1')['data']['jobs'][0]
            target = job['targets'][0]
            self.assertEqual((target['mechanism'], target['outcome'], target['droppedBy']), ('file', 'dropped', 0))
            self.assertEqual((target['steps'][0]['value'], target['steps'][0]['matched']), ('b:1', True))
            kept = get_json(server.port, '/api/v1/explain?job=files&x=y')['data']['jobs'][0]
            self.assertEqual({entry['outcome'] for entry in kept['targets']}, {'kept', 'dropped'})
            absent = get_json(server.port, '/api/v1/explain?address=nobody:1')['data']['jobs']
            self.assertTrue(all(entry['reasons'] for entry in absent))
            self.assertEqual(request(server.port, '/api/v1/explain').status, 400)

    def test_reloads(self):
        with self.discover() as server:
            server.sd('files')
            self.write_config('a.*')
            self.assertEqual(request(server.port, '/-/reload', 'POST').status, 200)
            self.assertEqual([group['targets'] for group in server.sd('files', relabeled='true')], [['b:1']])
            self.config.write_text('scrape_configs: [{job_name: x, nonsense: 1}]')
            refused = request(server.port, '/-/reload', 'POST')
            self.assertEqual(refused.status, 500)
            self.assertIn('nonsense', refused.text)
            self.assertEqual([group['targets'] for group in server.sd('files', relabeled='true')], [['b:1']])
            metrics = request(server.port, '/metrics').text
            self.assertIn('prometheus_config_last_reload_successful 0', metrics)
            self.write_config('b.*')
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: [group['targets'] for group in server.sd('files', relabeled='true')] == [['a:1']],
                       message='the configuration after SIGHUP')
            self.assertEqual(server.stop(), 0)

    def test_writes_file_sd(self):
        directory = pathlib.Path(self.directory.name, 'out')
        directory.mkdir()
        with self.discover('--file-sd.dir', directory):
            file = directory / 'files.json'
            eventually(file.exists, message='the file of the job')
            self.assertEqual({address for address, _ in flat(json.loads(file.read_text()))}, {'a:1', 'b:1'})
            self.assertTrue((directory / 'fixed_one.json').exists())
            before = (directory / 'fixed_one.json').stat().st_mtime_ns
            self.write_targets(['d:1'])
            eventually(lambda: {address for address, _ in flat(json.loads(file.read_text()))} == {'d:1'},
                       message='the changed file')
            self.assertEqual((directory / 'fixed_one.json').stat().st_mtime_ns, before)

    def test_bad_configuration_at_start(self):
        self.config.write_text('scrape_configs:\n- job_name: j\n  docker_sd_configs: [{host: "unix:///x"}]\n')
        result = subprocess.run([BINARY, 'discover', '--config.file', self.config, '--port', '0'],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn('prometheus.yml:3', result.stderr)
        self.assertIn('docker is not yet supported', result.stderr)

    def test_targets_once(self):
        result = subprocess.run([BINARY, 'targets', '--config.file', self.config], capture_output=True, text=True,
                                timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        jobs = json.loads(result.stdout)
        self.assertEqual([target['dropped_by'] for target in jobs['files']], [None, 0])
        self.assertEqual(jobs['files'][0]['labels'], {'instance': 'a:1', 'job': 'files', 'x': 'y'})


class Cluster(unittest.TestCase):
    """With the simulated cluster."""

    ROLES = ('node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress')

    def config(self, sim, directory, jobs=None):
        path = pathlib.Path(directory, 'prometheus.yml')
        path.write_text(json.dumps({'scrape_configs': jobs or [
            {'job_name': role, 'kubernetes_sd_configs': [{'role': role, 'api_server': sim.address}]}
            for role in self.ROLES]}))
        return path

    def test_all_roles_are_there_and_follow(self):
        with Sim(BINARY, '--pods', '100', '--churn', '0') as sim, tempfile.TemporaryDirectory() as directory:
            with Discover(BINARY, self.config(sim, directory), '--discovery.throttle', '50ms') as server:
                pods = sim.get('/api/v1/pods')['items']
                with_address = [pod for pod in pods if pod['status'].get('podIP')]
                groups = server.sd('pod')
                names = {dict(labels)['__meta_kubernetes_pod_name'] for _, labels in flat(groups)}
                self.assertEqual(names, {pod['metadata']['name'] for pod in with_address})
                nodes = {dict(labels)['__meta_kubernetes_node_name'] for _, labels in flat(server.sd('node'))}
                self.assertEqual(nodes, {node['metadata']['name'] for node in sim.get('/api/v1/nodes')['items']})
                self.assertTrue(server.sd('service'))
                self.assertTrue(server.sd('endpointslice'))
                gone = with_address[0]['metadata']
                response = request(sim.port, f"/api/v1/namespaces/{gone['namespace']}/pods/{gone['name']}", 'DELETE')
                self.assertEqual(response.status, 200)
                eventually(lambda: gone['name'] not in {dict(labels)['__meta_kubernetes_pod_name']
                                                        for _, labels in flat(server.sd('pod'))},
                           message='the deleted pod is gone')

    def test_many_jobs_share_one_watch(self):
        with Sim(BINARY, '--pods', '50', '--churn', '0') as sim, tempfile.TemporaryDirectory() as directory:
            jobs = [{'job_name': f'j{i}', 'kubernetes_sd_configs': [{'role': 'pod', 'api_server': sim.address}]}
                    for i in range(100)]
            with Discover(BINARY, self.config(sim, directory, jobs)) as server:
                self.assertEqual(server.sd('j0'), server.sd('j99'))
                self.assertEqual(sim.get('/sim/status')['watches'], {'pods': 1})

    def test_says_which_right_is_missing(self):
        with Sim(BINARY, '--pods', '20', '--churn', '0') as sim, tempfile.TemporaryDirectory() as directory:
            sim.post('/sim/faults', {'kind': 'status', 'status': 403, 'resource': 'pods'})
            with Discover(BINARY, self.config(sim, directory), ready=False) as server:
                eventually(lambda: request(server.port, '/sd/v1/jobs/pod').status == 503 and
                           'pods' in request(server.port, '/sd/v1/jobs/pod').text, message='the reason')
                query = urllib.parse.quote('10.0.0.1:80')
                jobs = get_json(server.port, f'/api/v1/explain?job=pod&address={query}')['data']['jobs']
                self.assertTrue(any('pods' in reason for reason in jobs[0]['reasons']), jobs)
                self.assertTrue(server.sd('node'))
                request(sim.port, '/sim/faults', 'DELETE')
                self.assertTrue(server.sd('pod'))


if __name__ == '__main__':
    unittest.main(verbosity=2)
