#!/usr/bin/env python3
"""`kubevitals usage` on recorded clusters: batches, Model API, export and metrics API are those of the incumbents.

usage: usage_conformance_test.py KUBEVITALS [RECORDINGS]
The recordings have the API server's lists and the kubelets' answers of two scrapes; both are served here as they are.
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import sys
import threading
import time
import unittest
import urllib.parse

from harness import ROOT, Program, eventually, free_port, request, skip

BINARY = os.path.abspath(sys.argv.pop(1))
RECORDINGS = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT.parent / 'shared/conformance/usage')
if not RECORDINGS.is_dir():
    skip(f'no recordings in {RECORDINGS}')


class Server:
    """Answers requests by a function from method and path to (content type, body), or None for a 404."""

    def __init__(self, answer, address='127.0.0.1', port=0):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                length = int(self.headers.get('Content-Length') or 0)
                self.rfile.read(length)
                url = urllib.parse.urlsplit(self.path)
                found = answer(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)))
                status, kind, body = found if found else (404, 'text/plain', b'not found')
                self.send_response(status)
                self.send_header('Content-Type', kind)
                if body is None:  # a watch in which nothing happens
                    self.send_header('Transfer-Encoding', 'chunked')
                    self.end_headers()
                    time.sleep(60)
                    return
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class RecordedCluster:
    """The API server and kubelets of a recording; each kubelet answers with its first scrape once, then its second."""

    def __init__(self, directory, first_answers=1):
        self.input = directory / 'input'
        self.api = Server(self.answer_api)
        self.address = f'http://127.0.0.1:{self.api.port}'
        self.kubelet_port = free_port()
        self.asked = {}
        self.first_answers = first_answers
        self.kubelets = []
        for number, node in enumerate(json.loads((self.input / 'nodes.json').read_text())['items']):
            ip = next(a['address'] for a in node['status']['addresses'] if a['type'] == 'InternalIP')
            self.kubelets.append(Server(lambda method, path, _, number=number: self.answer_kubelet(number, path), ip,
                                        self.kubelet_port))

    def answer_api(self, _, path, query):
        name = path.rsplit('/', 1)[-1]
        if name not in ('pods', 'nodes', 'namespaces'):
            return None
        if query.get('sendInitialEvents'):
            status = {'kind': 'Status', 'apiVersion': 'v1', 'status': 'Failure', 'reason': 'Invalid', 'code': 422,
                      'message': 'sendInitialEvents is forbidden for watch'}
            return 422, 'application/json', json.dumps(status).encode()
        if query.get('watch'):
            return 200, 'application/json', None
        return 200, 'application/json', (self.input / f'{name}.json').read_bytes()

    def answer_kubelet(self, number, path):
        kind, suffix, content = {'/stats/summary': ('summary', 'json', 'application/json'),
                                 '/stats/container': ('stats-container', 'json', 'application/json'),
                                 '/metrics/resource': ('metrics-resource', 'txt', 'text/plain; version=0.0.4'),
                                 }[path.rstrip('/')]
        self.asked[number] = self.asked.get(number, 0) + 1
        scrape = 1 if self.asked[number] <= self.first_answers else 2
        return 200, content, (self.input / f'{kind}-node{number}-scrape{scrape}.{suffix}').read_bytes()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in [self.api, *self.kubelets]:
            server.stop()


class Usage(Program):
    def __init__(self, cluster, source, *arguments):
        self.port = free_port()
        super().__init__([BINARY, 'usage', '--apiserver', cluster.address, '--listen-ip', '127.0.0.1', '--heapster-port',
                          self.port, '--metric-resolution=5s', f'--source={source}', *arguments], self.port)

    def cycles(self):
        match = re.search(r'^kubevitals_usage_cycles_total (\S+)$', request(self.port, '/metrics').text, re.M)
        return float(match[1])

    def get(self, path):
        response = request(self.port, path)
        return response.status, response.headers['Content-Type'], response.text


def batches(text):
    """The batches of a log sink: lists of metric sets, each {'key':, 'scrape':, 'create':, 'labels':, ...}."""
    found = []
    for part in text.split('DataBatch     Timestamp: ')[1:]:
        sets = {}
        for block in part.split('MetricSet: ')[1:]:
            lines = block.split('\n')
            entry = {'labels': {}, 'metrics': {}, 'labeled': []}
            section = None
            for line in lines[1:]:
                stripped = line.strip()
                if stripped in ('Labels:', 'Metrics:', 'Labeled Metrics:'):
                    section = stripped
                elif stripped.startswith(('Scrape time:', 'Create time:')):
                    entry[stripped.split(':')[0]] = stripped.split(': ', 1)[1]
                elif ' = ' in line or line.rstrip().endswith(' ='):
                    name, _, value = stripped.partition(' =')
                    value = value.strip()
                    if section == 'Labels:':
                        entry['labels'][name] = value
                    elif section == 'Metrics:':
                        entry['metrics'][name] = value
                    elif line.startswith('         '):
                        entry['labeled'][-1][2][name] = value
                    else:
                        entry['labeled'].append((name, value, {}))
                elif not stripped:
                    break
            entry['metrics'].pop('uptime', None)
            entry['labeled'].sort(key=repr)
            sets[lines[0].strip()] = entry
        found.append(sets)
    return found


def masked(text):
    """Without what depends on the time of the run, and with lists of names in order."""
    text = re.sub(r'20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ', 'TIME', text)
    with contextlib.suppress(ValueError):
        document = json.loads(text)
        if isinstance(document, list) and all(isinstance(entry, str) for entry in document):
            document.sort()
        return document
    return text.strip()


# What is deliberately not as recorded: docs/compatibility.md has the reasons.
def adjust(source, number, sets):
    for key, entry in sets.items():
        metrics = entry['metrics']
        entry['labels'].pop('cluster_name', None)  # which one of the incumbent's sinks had put there for all
        if number == 0:  # the first batch has no rates, so nothing is known of their shares
            metrics.pop('cpu/node_utilization', None)
        if source == 'plain' and (key == 'cluster' or '/container:' not in key and key.startswith('namespace:')):
            # The incumbent shows the pause container's values as the pod's; here they are sums.
            for name in list(metrics):
                if name.startswith(('cpu/usage', 'cpu/load', 'memory/')) and not name.endswith(('request', 'limit')):
                    metrics.pop(name)


MODEL = {
    'allkeys': 'debug/allkeys', 'cluster.metrics': 'metrics', 'cluster.metrics.memory-usage': 'metrics/memory/usage',
    'cluster.metrics.cpu-usage_rate': 'metrics/cpu/usage_rate', 'nodes': 'nodes/', 'nodes.noslash': 'nodes',
    'node.metrics': 'nodes/node-0/metrics', 'node.metrics.memory-working_set': 'nodes/node-0/metrics/memory/working_set',
    'node.metrics.cpu-usage_rate': 'nodes/node-0/metrics/cpu/usage_rate',
    'node.metrics.deprecated-cpu-usage': 'nodes/node-0/metrics/cpu-usage',
    'node.metrics.filesystem-usage.labels': 'nodes/node-0/metrics/filesystem/usage?labels=resource_id:/',
    'node.freecontainers': 'nodes/node-0/freecontainers', 'node.nosuchmetric': 'nodes/node-0/metrics/no/such',
    'node.unknown': 'nodes/none/metrics/cpu/usage_rate', 'node.badstart': 'nodes/node-0/metrics/cpu/usage_rate?start=bad',
    'node.future': 'nodes/node-0/metrics/cpu/usage_rate?start=2099-01-01T00:00:00Z',
    'free-container.metrics': 'nodes/node-0/freecontainers/kubelet/metrics',
    'free-container.metrics.cpu-usage_rate': 'nodes/node-0/freecontainers/kubelet/metrics/cpu/usage_rate',
    'namespaces': 'namespaces', 'namespace.metrics': 'namespaces/ns-0/metrics',
    'namespace.metrics.slash': 'namespaces/ns-0/metrics/', 'namespace.pods': 'namespaces/ns-0/pods',
    'namespace.metrics.cpu-usage_rate': 'namespaces/ns-0/metrics/cpu/usage_rate',
    'pod.metrics': 'namespaces/ns-0/pods/shop-0-0-00000/metrics', 'pod.containers':
    'namespaces/ns-0/pods/shop-0-0-00000/containers',
    'pod.metrics.cpu-usage_rate': 'namespaces/ns-0/pods/shop-0-0-00000/metrics/cpu/usage_rate',
    'pod.metrics.network-rx_rate': 'namespaces/ns-0/pods/shop-0-0-00000/metrics/network/rx_rate',
    'pod-container.metrics': 'namespaces/ns-0/pods/shop-0-0-00000/containers/app/metrics',
    'pod-container.metrics.cpu-usage_rate':
    'namespaces/ns-0/pods/shop-0-0-00000/containers/app/metrics/cpu/usage_rate',
    'pod-list.metrics.cpu-usage_rate': 'namespaces/ns-0/pod-list/shop-0-0-00000,shop-2-0-00002/metrics/cpu/usage_rate'}


class Recordings(unittest.TestCase):
    maxDiff = None

    def run_heapster(self, name, source):
        directory = RECORDINGS / name
        with RecordedCluster(directory) as cluster:
            uri = f'{source}:{cluster.address}?inClusterConfig=false&useServiceAccount=false&auth=&kubeletPort=' \
                  f'{cluster.kubelet_port}'
            with Usage(cluster, uri, '--sink=log') as usage:
                eventually(lambda: usage.cycles() >= 2, 30, 'two cycles')
                eventually(lambda: len(batches(usage.output())) >= 2, 10, 'two batches in the log')
                self.compare_batches(name, usage)
                self.compare_model(directory / 'api', usage, name)
                self.compare_export(directory / 'api', usage)
                self.assertEqual(usage.get('/healthz')[::2], (200, 'ok'))
                self.assertEqual(usage.stop(), 0)

    def compare_batches(self, name, usage):
        recorded = batches((RECORDINGS / name / 'heapster.log').read_text())
        found = batches(usage.output())
        for number in range(2):
            expected, actual = recorded[number], found[number]
            adjust(name, number, expected)
            adjust(name, number, actual)
            self.assertEqual(sorted(actual), sorted(expected))
            for key, entry in expected.items():
                with self.subTest(batch=number, set=key):
                    self.assertEqual(actual[key], entry)

    def compare_model(self, recorded, usage, name):
        for title, path in MODEL.items():
            text = (recorded / f'{title}.json').read_text().rstrip('\n').rsplit('\n', 1)
            status, kind = text[1].split(' ', 1)
            with self.subTest(answer=title):
                actual = usage.get('/api/v1/model/' + path)
                self.assertEqual(str(actual[0]), status, actual[2])
                self.assertEqual(actual[1], kind)
                expected, found = masked(text[0]), masked(actual[2])
                if name == 'plain' and title.startswith(('cluster', 'namespace', 'pod')):  # see adjust()
                    expected, found = shape(expected), shape(found)
                self.assertEqual(found, expected)

    def compare_export(self, recorded, usage):
        def series(text):
            found = {}
            for entry in json.loads(text[:text.rindex(']') + 1]):
                labels = entry['labels']
                found[json.dumps(labels, sort_keys=True)] = sorted(entry['metrics'])
            return found

        self.assertEqual(series(usage.get('/api/v1/metric-export')[2]),
                         series((recorded / 'metric-export.json').read_text()))

    def test_summary(self):
        self.run_heapster('summary', 'kubernetes.summary_api')

    def test_plain(self):
        self.run_heapster('plain', 'kubernetes')

    def test_metrics_server(self):
        recorded = RECORDINGS / 'metrics-server'
        with RecordedCluster(RECORDINGS / 'summary') as cluster:
            uri = f'kubernetes.resource:{cluster.address}?inClusterConfig=false&kubeletHttps=false&kubeletPort=' \
                  f'{cluster.kubelet_port}'
            with Usage(cluster, uri, '--kubelet-preferred-address-types=InternalIP') as usage:
                base = '/apis/metrics.k8s.io/v1beta1'
                eventually(lambda: len(json.loads(usage.get(base + '/pods')[2])['items']) == 6, 30, 'all pods')
                for title, path in {'group': '', 'nodes': '/nodes', 'node-0': '/nodes/node-0', 'pods': '/pods',
                                    'node.unknown': '/nodes/none', 'ns-0.pods': '/namespaces/ns-0/pods',
                                    'pod': '/namespaces/ns-0/pods/shop-0-0-00000',
                                    'pod.unknown': '/namespaces/ns-0/pods/none',
                                    'pods.selector': '/pods?labelSelector=app.kubernetes.io/name%3Dshop-0'}.items():
                    text, status = (recorded / f'{title}.json').read_text().rstrip('\n').rsplit('\n', 1)
                    with self.subTest(answer=title):
                        actual = usage.get(base + path)
                        self.assertEqual(str(actual[0]), status, actual[2])
                        self.assertEqual(in_order(json.loads(actual[2])), in_order(json.loads(text)))


def in_order(document):
    """Without the time of the answer, and with containers, which have no order there, by name."""
    for item in document.get('items', [document]):
        item.get('metadata', {}).pop('creationTimestamp', None)
        item.get('containers', []).sort(key=lambda container: container['name'])
    return document


def shape(document):
    """A Model API answer without its numbers."""
    if isinstance(document, dict) and isinstance(document.get('metrics'), list):
        return {**document, 'metrics': [{**point, 'value': None} for point in document['metrics']]}
    if isinstance(document, dict) and 'items' in document:
        return {'items': [shape(entry) for entry in document['items']]}
    return document


if __name__ == '__main__':
    unittest.main(verbosity=2)
