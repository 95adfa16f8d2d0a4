#!/usr/bin/env python3
"""`kubevitals usage` on the simulated cluster's kubelets: what users see with kubectl top, curl, and when kubelets fail.

usage: usage_test.py KUBEVITALS KUBECTL
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from harness import Program, Sim, eventually, free_port, get_json, request
from usage_harness import METRICS, SMALL, Kubelets, Usage

BINARY = os.path.abspath(sys.argv.pop(1))
KUBECTL = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
if KUBECTL is not None and not KUBECTL.is_file():
    found = shutil.which('kubectl')
    KUBECTL = pathlib.Path(found) if found else None


class ResourceMetrics(unittest.TestCase):
    def test_values_and_health(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim).has_all(sim) as usage:
            for node in usage.items('/nodes').values():
                self.assertRegex(node['usage']['cpu'], r'^[1-9]\d*[num]?$')
                self.assertRegex(node['usage']['memory'], r'^[1-9]\d*[KMG]?i?$')
            self.assertEqual(request(usage.port, '/readyz').status, 200)
            self.assertEqual(request(usage.port, '/livez').status, 200)
            eventually(lambda: request(usage.port, '/healthz').text == 'ok', 20, 'health')
            self.assertTrue(all(node['up'] for node in usage.nodes().values()), usage.nodes())
            self.assertEqual(usage.stop(), 0)

    def test_kubectl_top(self):
        if KUBECTL is None:
            self.skipTest('no kubectl')
        with Kubelets(BINARY) as sim, contextlib.ExitStack() as stack:
            secure = free_port()
            usage = stack.enter_context(Usage(BINARY, sim, '--secure-port', str(secure), '--bind-address', '127.0.0.1',
                                              '--requestheader-client-ca-file', sim.proxy_ca)).has_all(sim)
            sim.post(f'/sim/metrics-api?url=https://127.0.0.1:{secure}')

            def kubectl(*arguments):
                done = subprocess.run([KUBECTL, '--server', sim.address, *arguments], capture_output=True, text=True,
                                      timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                return done.stdout.splitlines()

            nodes = kubectl('top', 'nodes')
            self.assertIn('CPU(cores)', nodes[0])
            self.assertEqual(len(nodes), 1 + 6)
            pods = kubectl('top', 'pods', '-A', '--containers')
            containers = sum(len(pod['containers']) for pod in usage.items('/pods').values())
            self.assertGreaterEqual(len(pods), containers * 0.9)
            self.assertIn('NAME', kubectl('get', 'pods.metrics.k8s.io', '-A')[0])
            # Who comes without the front proxy's certificate is nobody, whatever the headers say.
            sim.post('/sim/access', {'rules': [{'user': 'alice'}]})
            context = ssl._create_unverified_context()
            with contextlib.closing(http.client.HTTPSConnection('127.0.0.1', secure, context=context)) as connection:
                connection.request('GET', METRICS + '/pods', headers={'X-Remote-User': 'admin',
                                                                      'X-Remote-Group': 'system:masters'})
                self.assertEqual(connection.getresponse().status, 403)

    def test_selected_nodes(self):
        selector = 'kubernetes.io/hostname in (worker-0001, worker-0002)'
        with Kubelets(BINARY) as sim, Usage(BINARY, sim, '-l', selector) as usage:
            eventually(lambda: usage.items('/nodes') and usage.items('/pods'), 30, 'values')
            self.assertEqual(set(usage.items('/nodes')), {'worker-0001', 'worker-0002'})
            self.assertEqual(set(usage.nodes()), {'worker-0001', 'worker-0002'})
            there = {pod['metadata']['name'] for pod in sim.get('/api/v1/pods')['items']
                     if pod['spec'].get('nodeName') in usage.nodes()}
            self.assertLessEqual(set(usage.items('/pods')), there)
            self.assertEqual(request(usage.port, METRICS + '/nodes/worker-0003').status, 404)

    def test_flags_of_metrics_server(self):
        flags = ['--logging-format=json', '--feature-gates=A=true', '--v=2', '--cert-dir=/tmp',
                 '--authorization-always-allow-paths=/metrics', '--shutdown-delay-duration=5s', '--permit-port-sharing',
                 '--max-requests-inflight', '400']
        with Kubelets(BINARY) as sim:
            secure = free_port()
            with Usage(BINARY, sim, *flags, '--secure-port', str(secure), '--bind-address', '127.0.0.1') as usage:
                self.assertIn('these flags have no effect here: --v, --logging-format, --feature-gates, --cert-dir, '
                              '--shutdown-delay-duration, --max-requests-inflight, --permit-port-sharing', usage.output())
                sim.post('/sim/access', {'rules': [{'user': 'alice'}]})
                context = ssl._create_unverified_context()
                for path, status in (('/metrics', 200), (METRICS + '/nodes', 403), ('/livez', 200)):
                    with contextlib.closing(http.client.HTTPSConnection('127.0.0.1', secure, context=context)) as connection:
                        connection.request('GET', path)
                        self.assertEqual(connection.getresponse().status, status, path)

    def test_through_the_api_server(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim, '--kubelet-through-api-server', verified=False).has_all(sim):
            pass

    def test_reasons(self):
        with Kubelets(BINARY) as sim:
            with Usage(BINARY, sim, verified=False) as usage:  # the system's authorities
                eventually(lambda: len(usage.nodes()) == 6 and all('error' in node for node in usage.nodes().values()), 20,
                           'failures')
                for node in usage.nodes().values():
                    self.assertFalse(node['up'])
                eventually(lambda: '--kubelet-certificate-authority' in usage.nodes()['worker-0001'].get('error', ''), 20,
                           'the reason')
                missing = request(usage.port, METRICS + '/nodes/worker-0001')
                self.assertEqual(missing.status, 404)
                self.assertIn('certificate', missing.text)
            with Usage(BINARY, sim, '--kubelet-insecure-tls', verified=False).has_all(sim):
                pass

    def test_kubelets_that_fail_and_recover(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim).has_all(sim) as usage:
            faults = {'worker-0001': ('status', {'status': 403}, r'nodes/metrics'), 'worker-0002': ('hang', {}, 'no answer'),
                      'worker-0003': ('dead', {}, '[Cc]onnect'), 'worker-0004': ('garbage', {}, '.'),
                      'worker-0005': ('abort', {}, '.')}
            self.assertGreater(len(usage.nodes()), len(faults))
            for node, (kind, members, _) in faults.items():
                sim.fault(kind=kind, resource='kubelet', node=node, **members)
            eventually(lambda: not any(usage.nodes()[node]['up'] for node in faults), 30, 'nodes fail')
            for node, state in usage.nodes().items():
                if node in faults:
                    self.assertRegex(state['error'], faults[node][2], faults[node][0])
                    self.assertGreaterEqual(usage.metric('kubevitals_usage_node_failures_total', node=node), 1)
                else:
                    self.assertTrue(state['up'])
                    self.assertEqual(usage.metric('kubevitals_usage_node_failures_total', node=node), 0)
            sim.end_faults()
            eventually(lambda: all(state['up'] for state in usage.nodes().values()), 30, 'nodes recover')

    def test_a_node_may_name_another_path(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim).has_all(sim) as usage:
            annotations = {'metrics.k8s.io/resource-metrics-path': '/metrics/elsewhere'}
            patched = request(sim.port, '/api/v1/nodes/worker-0001', 'PATCH', {'Content-Type': 'application/merge-patch+json'},
                              json.dumps({'metadata': {'annotations': annotations}}))
            self.assertEqual(patched.status, 200)
            eventually(lambda: 'does not serve /metrics/elsewhere' in usage.nodes()['worker-0001'].get('error', ''), 20,
                       'the path is asked for')
            self.assertTrue(usage.nodes()['worker-0002']['up'])

    def test_no_gap_while_a_node_fails_once_in_a_while(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim).has_all(sim) as usage:
            steady = {pod['metadata']['name'] for pod in sim.get('/api/v1/pods')['items']
                      if not any(status['restartCount'] for status in pod['status'].get('containerStatuses', []))}
            pods = set(usage.items('/pods')) & steady
            for _ in range(3):
                sim.fault(kind='status', resource='kubelet', status=500, percent=50, count=3)
                end = time.monotonic() + 10
                while time.monotonic() < end:
                    self.assertLessEqual(pods, set(usage.items('/pods')))
                    self.assertEqual(len(usage.items('/nodes')), 6)
                    time.sleep(0.5)
            self.assertGreater(usage.metric('kubevitals_usage_node_failures_total'), 0)

    def test_what_is_new_is_scraped_soon(self):
        with Kubelets(BINARY) as sim, Usage(BINARY, sim, resolution='300s').has_all(sim) as usage:
            pod = next(item for item in sim.get('/api/v1/pods')['items']
                       if item['metadata'].get('ownerReferences', [{}])[0].get('kind') == 'ReplicaSet')
            owner = pod['metadata']['ownerReferences'][0]['name']
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            self.assertEqual(request(sim.port, path + '?gracePeriodSeconds=0', 'DELETE').status, 200)

            def replacement():
                return [name for name in usage.items('/pods') if name.startswith(owner) and name != pod['metadata']['name']]

            before = set(replacement())
            eventually(lambda: set(replacement()) - before, 55, 'values of the new pod')
            self.assertGreaterEqual(usage.metric('kubevitals_usage_extra_scrapes_total'), 1)


class Summary(unittest.TestCase):
    def test_model_and_sinks(self):
        with Kubelets(BINARY, tls=False) as sim:
            source = f'kubernetes.summary_api:{sim.address}?inClusterConfig=false&kubeletPort={sim.kubelet_port}'
            with Usage(BINARY, sim, '--sink=log', source=source, verified=False) as usage:
                eventually(lambda: usage.metric('kubevitals_usage_cycles_total') >= 2, 30, 'two cycles')
                self.assertEqual(get_json(usage.port, '/api/v1/model/nodes'),
                                 sorted(node['metadata']['name'] for node in sim.get('/api/v1/nodes')['items']))
                rate = get_json(usage.port, '/api/v1/model/metrics/cpu/usage_rate')
                self.assertGreater(rate['metrics'][-1]['value'], 0)
                self.assertIn('MetricSet: cluster', usage.output())
                self.assertEqual(usage.stop(), 0)


class Starting(unittest.TestCase):
    """What is wrong at start is one clear line."""

    def fails(self, *arguments):
        result = subprocess.run([BINARY, 'usage', '--apiserver', 'http://127.0.0.1:1', *arguments], capture_output=True,
                                text=True, timeout=30)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def test_flags(self):
        for arguments, message in (
                (['--source=florp'], 'florp'), (['--sink=florp'], 'florp'), (['--sink=riemann:'], 'not yet supported'),
                (['--metric-resolution=1s'], '5s is the least'), (['--tls-cert=/nonexistent'], '--tls-key'),
                (['--allowed-users=a'], '--tls-client-ca'), (['--node-selector=a in b'], '--node-selector: '),
                (['--secure-port=1', '--authorization-always-allow-paths=/a*b'], '"*" can only be the last'),
                (['--tls-cert-file=/nonexistent'], '--tls-private-key-file'),
                (['--client-ca-file=/nonexistent', '--listen-ip=127.0.0.1', '--heapster-port=0'], '--client-ca-file: '),
                (['--tls-min-version=VersionTLS13'], '--tls-min-version'),
                (['--tls-cipher-suites=a'], '--tls-cipher-suites'), (['--audit-log-path=-'], '--audit-log-path'),
                (['--source=kubernetes', '--source=kubernetes'], 'only one')):
            with self.subTest(arguments=arguments):
                self.assertIn(message, self.fails(*arguments))


class Serve(unittest.TestCase):
    """All pillars on one watch."""

    CONFIG = '''
cluster: {{apiserver: "{api}"}}
state: {{resources: [pods, nodes, namespaces], host: 127.0.0.1, port: {state}, telemetry-host: 127.0.0.1, telemetry-port: {telemetry}}}
discovery: {{config.file: prometheus.yml, host: 127.0.0.1, port: {discovery}}}
usage: {{listen-ip: 127.0.0.1, port: {usage}, kubelet-port: {kubelets}, metric-resolution: 5s,
         kubelet-certificate-authority: "{ca}", kubelet-preferred-address-types: [InternalIP]}}
'''

    def test_one_watch_for_all(self):
        with Kubelets(BINARY) as sim, tempfile.TemporaryDirectory() as folder:
            ports = {name: free_port() for name in ('state', 'telemetry', 'discovery', 'usage')}
            pathlib.Path(folder, 'kubevitals.yaml').write_text(
                self.CONFIG.format(api=sim.address, kubelets=sim.kubelet_port, ca=sim.ca, **ports))
            pathlib.Path(folder, 'prometheus.yml').write_text(
                'scrape_configs:\n- job_name: pods\n  kubernetes_sd_configs: [{role: pod}]\n'
                '- job_name: nodes\n  kubernetes_sd_configs: [{role: node}]\n')
            with Program([BINARY, 'serve', '--config', f'{folder}/kubevitals.yaml'], ports['usage']) as serve:
                eventually(lambda: request(ports['telemetry'], '/readyz').status == 200, 60, 'state')
                eventually(lambda: len(get_json(ports['discovery'], '/sd/v1/jobs/nodes')) == 6, 30, 'discovery')
                eventually(lambda: len(get_json(ports['usage'], METRICS + '/nodes')['items']) == 6, 30, 'usage')
                self.assertIn('kube_pod_info{', request(ports['state'], '/metrics').text)
                watches = sim.get('/sim/status')['watches']
                self.assertEqual((watches.get('pods'), watches.get('nodes'), watches.get('namespaces')), (1, 1, 1), watches)
                self.assertEqual(serve.stop(), 0)

    def test_what_is_wrong_has_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, 'kubevitals.yaml')
            for text, message in (('state: {florp: 1}', ':1: state.florp: unknown key'),
                                  ('usage: {metric-resolution: 1s}', ':1: usage: --metric-resolution'),
                                  ('{}', 'nothing to run'), ('state: [1]', 'expected a mapping')):
                file.write_text(text + '\n')
                result = subprocess.run([BINARY, 'serve', '--config', file], capture_output=True, text=True, timeout=30)
                with self.subTest(text=text):
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(message, result.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
